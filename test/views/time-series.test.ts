import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import { TimeSeries } from '../../src/views/series/time-series.ts';
import { SimulatedUnit } from '../ledger/simulated-unit.ts';

const RUN = { startedUnixMillis: 0, startedAtSeconds: 0, endedUnixMillis: 1000, intervalSeconds: 0.5 };

interface Row {
  readonly kind: 'unit' | 'process';
  readonly pid: number | null;
  readonly state: string;
  readonly cpu_seconds: number | null;
  readonly disk_bytes: number | null;
  readonly transfer_bytes: number | null;
}

test('the rows of a unit add up to its totals, with processes that ended unseen', () => {
  const unit = new SimulatedUnit(12);
  const shell = unit.fork(unit.fork(null)!)!;
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 9);
  const series = new TimeSeries(ledger, 'jsonl');
  const rows: Row[] = [];
  for (let tick = 0; tick < 5; tick++) {
    unit.work(shell, 1e7, 1000 + tick);
    for (let child = 0; child < tick; child++) {
      const brief = unit.fork(shell)!;
      unit.work(brief, 2e7, 4096 + child);
      unit.exit(brief);
      unit.reap(brief);
    }
    const usage = ledger.book(unit.sample(), unit.exits());
    totals.gather();
    for (const line of series.rowsOf(usage).trim().split('\n')) rows.push(JSON.parse(line) as Row);
  }
  const [told] = totals.document({ ...RUN, samples: 5, missedSamples: 0, export: null }).units;
  assert.ok(told!.exited.some(({ apportioned, transferBytes }) => apportioned && transferBytes! > 0));
  const sumOf = (key: 'cpu_seconds' | 'disk_bytes' | 'transfer_bytes') =>
    rows.reduce((sum, row) => sum + (row.kind === 'unit' ? (row[key] ?? 0) : 0), 0);
  assert.equal(sumOf('disk_bytes'), told!.totals.diskBytes);
  assert.equal(sumOf('transfer_bytes'), told!.totals.transferBytes);
  assert.ok(Math.abs(sumOf('cpu_seconds') - told!.cpu.totalSeconds!) < 1e-9);
});

test('the rows of a process that left its unit add up to its totals, and it has one last row', () => {
  const unit = new SimulatedUnit(12);
  const main = unit.fork(null)!;
  const [mover, other] = [unit.fork(main)!, unit.fork(main)!];
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 9);
  const series = new TimeSeries(ledger, 'jsonl');
  const rows: Row[] = [];
  for (let tick = 0; tick < 6; tick++) {
    const usage = ledger.book(unit.sample());
    totals.gather();
    for (const line of series.rowsOf(usage).trim().split('\n')) rows.push(JSON.parse(line) as Row);
    for (const process of [mover, other]) if (!process.isElsewhere) unit.work(process, 3e7, 1000);
    if (tick === 1) for (const process of [mover, other]) unit.move(process, true);
    if (tick === 3) unit.exit(mover);
  }
  const { processes } = totals.document({ ...RUN, samples: 6, missedSamples: 0, export: null }).units[0]!;
  for (const { pid } of [mover, other]) {
    const own = rows.filter((row) => row.pid === pid);
    const cpuSeconds = own.reduce((sum, row) => sum + row.cpu_seconds!, 0);
    const told = processes.find((row) => row.pid === pid)!;
    assert.ok(told.cpuSeconds > 0.05 && Math.abs(cpuSeconds - told.cpuSeconds) < 1e-9, `${cpuSeconds}`);
    assert.deepEqual(
      own.map(({ state }) => state),
      ['running', 'running', 'exited'],
    );
  }
});
