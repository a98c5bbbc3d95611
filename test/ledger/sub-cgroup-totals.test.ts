import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunUnit } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { SimulatedUnit } from './simulated-unit.ts';

const MILLION = 1_000_000;

/** A unit with its first process, and the document of a run of ten seconds as it stands. */
function run() {
  const unit = new SimulatedUnit(5000);
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 1000);
  const tick = () => {
    ledger.book(unit.sample(), unit.exits());
    totals.gather();
  };
  const document = (): RunUnit =>
    totals.soFar({
      startedUnixMillis: 0,
      startedAtSeconds: 0,
      endedUnixMillis: 10_000,
      intervalSeconds: 0.5,
      samples: 0,
      missedSamples: 0,
      export: null,
    }).units[0]!;
  return { unit, root: unit.fork(null)!, tick, document };
}

test('processes in one cgroup are not summed by cgroup', () => {
  const { unit, root, tick, document } = run();
  unit.subCgroupOf = () => '/init.scope';
  tick();
  unit.work(root, 50 * MILLION, 0);
  tick();
  assert.deepEqual(document().subCgroups, []);
});

test('those of several are: with ended ones, as percent of the run, most CPU first', () => {
  const { unit, root, tick, document } = run();
  unit.subCgroupOf = ({ serial }) => ['', '', '/web', '/db', '/web'][serial]!;
  tick();
  const [web, db, ended] = [unit.fork(root)!, unit.fork(root)!, unit.fork(root)!];
  tick();
  unit.work(web, 100 * MILLION, 4096);
  unit.work(db, 300 * MILLION, 0);
  unit.work(ended, 150 * MILLION, 8192);
  tick();
  unit.exit(ended);
  unit.reap(ended);
  tick();
  assert.deepEqual(
    document().subCgroups.map(({ subCgroup, count, running, cpuSeconds, cpuPercent, diskBytes }) => ({
      subCgroup,
      count,
      running,
      millis: Math.round(cpuSeconds * 1000),
      percent: Math.round(cpuPercent! * 10) / 10,
      diskBytes,
    })),
    [
      { subCgroup: '/db', count: 1, running: 1, millis: 300, percent: 3, diskBytes: 0 },
      { subCgroup: '/web', count: 2, running: 1, millis: 250, percent: 2.5, diskBytes: 12_288 },
      { subCgroup: null, count: 1, running: 1, millis: 0, percent: 0, diskBytes: 0 },
    ],
  );
});

test('names and cgroups have the same peak of memory: that of the exit record, if there is one', () => {
  const { unit, root, tick, document } = run();
  unit.subCgroupOf = ({ serial }) => ['', '', '/web'][serial]!;
  tick();
  const web = unit.fork(root)!;
  tick();
  tick();
  unit.exit(web);
  unit.reap(web);
  tick();
  // The simulated kernel has seen 4,096 bytes for each serial number, and shows 4,096 in samples.
  const { names, subCgroups } = document();
  const peaks = (rows: readonly { peakMemoryBytes: number | null }[]) =>
    rows.map(({ peakMemoryBytes }) => peakMemoryBytes).sort();
  assert.deepEqual(peaks(subCgroups), [4096, 8192]);
  assert.deepEqual(peaks(names), peaks(subCgroups));
});

test('beyond a thousand they share one row, and no process is lost', () => {
  const { unit, root, tick, document } = run();
  unit.subCgroupOf = ({ serial }) => `/run-${serial}.scope`;
  tick();
  for (let i = 0; i < 12; i++) {
    const children = Array.from({ length: 100 }, () => unit.fork(root)!);
    tick();
    for (const child of children) {
      unit.exit(child);
      unit.reap(child);
    }
    tick();
  }
  const living = Array.from({ length: 100 }, () => unit.fork(root)!);
  tick();
  for (const process of living) unit.work(process, MILLION, 0);
  tick();
  const { subCgroups, totals } = document();
  assert.ok(subCgroups.length <= 1001, `${subCgroups.length} rows`);
  assert.equal(
    subCgroups.reduce((sum, { count }) => sum + count, 0),
    totals.processesSeen,
  );
  assert.equal(
    subCgroups.reduce((sum, { running }) => sum + running, 0),
    101,
  );
});
