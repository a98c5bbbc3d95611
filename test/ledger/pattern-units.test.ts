import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { RunTotals } from '../../src/ledger/run/run-totals.ts';
import type { ExportWindow } from '../../src/ledger/window/export-window.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { cgroupFigures } from './cgroup-figures.ts';
import { SimulatedUnits } from './simulated-units.ts';

/** Books that are kept of units of `*`. */
class Books {
  readonly host: SimulatedUnits;
  readonly windows: ExportWindow[] = [];
  readonly ledger = new Ledger();
  readonly #totals: RunTotals;
  readonly #builder: WindowBuilder;

  constructor(most: number, keepGone: number, mostRows = 10_000) {
    this.host = new SimulatedUnits(most, keepGone);
    this.#totals = new RunTotals(this.ledger, mostRows);
    this.#builder = new WindowBuilder(this.ledger, 0, 0);
  }

  tick(): void {
    this.ledger.book(this.host.sample());
    this.#totals.gather();
    this.#builder.gather();
  }

  window(): ExportWindow {
    const at = this.windows.length + 1;
    const window = this.#builder.close(at * 5000, at * 5);
    this.windows.push(window);
    return window;
  }

  document(): RunDocument {
    return this.#totals.document({
      startedUnixMillis: 0,
      startedAtSeconds: 0,
      endedUnixMillis: 1e6,
      intervalSeconds: 0.5,
      samples: 1,
      missedSamples: 0,
      export: null,
    });
  }

  /** The unit is started, works, and is read. */
  brief(name: string, seconds: number): void {
    this.host.start(name);
    this.host.work(name, seconds * 1e9);
    this.tick();
    this.host.stop(name);
    this.tick();
  }
}

const namesIn = ({ units }: { readonly units: readonly { readonly unit: string }[] }) =>
  units.map(({ unit }) => unit);
const sumOf = (numbers: Iterable<number>) => [...numbers].reduce((sum, each) => sum + each, 0);

test('a pattern that matches nothing is one absent unit, in windows and at the end', () => {
  const books = new Books(10, 0);
  books.tick();
  assert.deepEqual(namesIn(books.window()), ['*']);
  assert.equal(books.windows[0]!.units[0]!.present, false);
  const [unit, ...more] = books.document().units;
  assert.deepEqual(more, []);
  assert.deepEqual([unit!.unit, unit!.instances, unit!.processes.length], ['*', 0, 0]);
});

test('coverage is over the last five minutes, also for a unit that returns after an hour', () => {
  const books = new Books(10, 0);
  const lost = { cpuSeconds: 9, unseenInstances: 0, figures: null, managerPids: [] };
  books.brief('a.service', 1);
  books.host.removed.set('a.service', lost);
  books.tick();
  const coverageOf = ({ units }: ExportWindow) => units.find(({ unit }) => unit === 'a.service')?.coverage;
  assert.equal(coverageOf(books.window()), 0.1);
  for (let at = 0; at < 720; at++) {
    books.tick();
    books.window();
  }
  books.brief('a.service', 1);
  assert.equal(coverageOf(books.window()), 1);
});

test('names that never used anything make room for others, too', () => {
  const books = new Books(10, 0);
  const run = (executable: string, seconds: number) => {
    books.host.start('a.service', executable);
    books.host.work('a.service', seconds * 1e9);
    books.tick();
    books.host.stop('a.service');
    books.tick();
    return books.window().units.find(({ unit }) => unit === 'a.service')!;
  };
  for (let at = 0; at < 200; at++) run(`idle${at}`, 0);
  const namesOf = ({ executables }: ExportWindow['units'][number]) =>
    executables.map(({ executable }) => executable);
  assert.deepEqual(namesOf(run('early', 1)), ['other']);
  for (let at = 0; at < 720; at++) books.window();
  assert.deepEqual(namesOf(run('busy', 1)), ['busy', 'other']);
});

test('a unit that was gone for some windows has its usage in the window of its return', () => {
  const books = new Books(10, 0);
  const windowOf = (seconds: number) => {
    if (seconds > 0) {
      books.host.start('a.service');
      books.host.work('a.service', seconds * 1e9);
    }
    for (let i = 0; i < 10; i++) books.tick();
    if (seconds > 0) books.host.stop('a.service');
    return books.window().units.find(({ unit }) => unit === 'a.service');
  };
  assert.equal(windowOf(2)!.cpuCores, 0.4);
  for (let i = 0; i < 4; i++) windowOf(0);
  assert.equal(windowOf(1)!.cpuCores, 0.2);
  assert.equal(windowOf(3)!.cpuCores!.toFixed(6), '0.600000');
});

test('once a pattern matches, its units represent it; returning units are the same units', () => {
  const books = new Books(10, 0);
  books.tick();
  books.host.start('a.service');
  books.tick();
  assert.deepEqual(namesIn(books.window()), ['a.service']);
  books.host.work('a.service', 1e9);
  books.tick();
  books.host.stop('a.service');
  books.tick();
  books.brief('a.service', 0.5);
  const [unit, ...more] = books.document().units;
  assert.deepEqual(more, []);
  assert.deepEqual([unit!.unit, unit!.instances, unit!.processes.length], ['a.service', 2, 2]);
  assert.equal(unit!.cpu.totalSeconds, 1.5);
});

test('a unit is dropped after the window that reports it as gone, and its counters continue when it returns', () => {
  const books = new Books(10, 0);
  books.host.start('b.service');
  books.brief('a.service', 1);
  const [first, second] = [books.window(), books.window()];
  assert.deepEqual(namesIn(first), ['b.service', 'a.service']);
  assert.equal(first.units[1]!.present, false);
  assert.equal(first.units[1]!.bookedSeconds.live, 1);
  assert.equal(first.units[1]!.otherProcesses!.userSeconds, 1);
  assert.deepEqual(namesIn(second), ['b.service']);
  books.host.start('a.service');
  books.host.work('a.service', 2e9);
  books.tick();
  const back = books.window().units.find(({ unit }) => unit === 'a.service')!;
  assert.equal(back.bookedSeconds.live, 3);
  assert.equal(back.startUnixMillis, first.units[1]!.startUnixMillis);
  assert.equal(back.restarts, 1);
});

test('events of instances that no sample saw are in the next window, with or without CPU', () => {
  const books = new Books(10, 0);
  books.brief('a.service', 1);
  books.window();
  const ofUnit = () => books.window().units.find(({ unit }) => unit === 'a.service');
  assert.equal(ofUnit(), undefined, 'gone');
  const removed = { cpuSeconds: 0, unseenInstances: 0, figures: null, managerPids: [] };
  const counts: unknown[] = [];
  for (const change of [
    { unseenInstances: 1 },
    { unseenInstances: 2 },
    {},
    { cpuSeconds: 0.25 },
    { figures: cgroupFigures({ counters: { memoryOomKills: 1 } }) },
  ]) {
    books.host.removed.set('a.service', Object.assign(removed, change));
    books.tick();
    const unit = ofUnit();
    counts.push(
      unit && [unit.unit, unit.present, unit.restarts, unit.cpuSeconds, unit.cgroup?.counters.memoryOomKills],
    );
    assert.equal(ofUnit(), undefined, 'only in that window');
  }
  assert.deepEqual(counts, [
    ['a.service', false, 1, 1, undefined],
    ['a.service', false, 2, 1, undefined],
    undefined,
    ['a.service', false, 2, 1.25, undefined],
    ['a.service', false, 2, 1.25, 1],
  ]);
});

test('units that lost their slots are summed up in one, with their processes by name', () => {
  const books = new Books(2, 0);
  for (let i = 0; i < 5; i++) books.brief(`run-r${i}.service`, 0.25);
  const { units } = books.document();
  assert.deepEqual(namesIn({ units }), ['run-r4.service', 'run-r3.service', '(other units of *)']);
  const rest = units.at(-1)!;
  assert.deepEqual([rest.cgroup, rest.instances, rest.foldedUnits], [null, 3, 3]);
  assert.deepEqual(rest.cpu, {
    totalSeconds: 0.75,
    attributedSeconds: 0.75,
    unattributed: { reapedOutsideSeconds: 0, unknownSeconds: 0 },
    coverage: 1,
    sharedSeconds: 0,
  });
  assert.deepEqual(rest.processes, []);
  assert.deepEqual(
    rest.exited.map(({ name, count, cpuSeconds }) => [name, count, cpuSeconds]),
    [['worker', 3, 0.75]],
  );
  for (const unit of units.slice(0, 2)) assert.equal(unit.processes.length, 1);
});

test('each unit keeps rows of the exited processes with most CPU, however much other units use', () => {
  const books = new Books(10, 0, 2);
  for (const seconds of [1, 3, 2]) {
    books.brief('heavy.service', 100 * seconds);
    books.brief('light.service', seconds);
  }
  const { units } = books.document();
  const used = units.map(({ unit, processes, exited }) => [
    unit,
    processes.map(({ cpuSeconds }) => cpuSeconds),
    exited.map(({ cpuSeconds }) => cpuSeconds),
  ]);
  assert.deepEqual(used, [
    ['heavy.service', [300, 200], [100]],
    ['light.service', [3, 2], [1]],
  ]);
});

test('a unit without a slot is booked in that of its pattern, in windows too', () => {
  const books = new Books(1, 100);
  for (const name of ['a.service', 'b.service', 'c.service']) books.host.start(name);
  books.tick();
  for (const name of ['b.service', 'c.service']) books.host.work(name, 1e9);
  books.tick();
  const window = books.window();
  assert.deepEqual(namesIn(window), ['(other units of *)', 'a.service']);
  assert.equal(window.units[0]!.bookedSeconds.live, 2);
  assert.equal(window.units[0]!.processCount, 2);
  // Two units that were started once each.
  assert.equal(window.units[0]!.restarts, null);
  const rest = books.document().units.at(-1)!;
  assert.deepEqual([rest.unit, rest.instances, rest.foldedUnits], ['(other units of *)', 2, 0]);
  assert.deepEqual([rest.cpu.totalSeconds, rest.processes.length], [2, 2]);
});

test('whatever comes and goes, all usage is in some unit, and in some series', () => {
  const step = fc.record({
    start: fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
    stop: fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
    work: fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 400_000_000 })), { maxLength: 8 }),
  });
  const limits = fc.record({ most: fc.integer({ min: 1, max: 12 }), rows: fc.nat({ max: 20 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), limits, (steps, { most, rows }) => {
      // Two windows of five ticks.
      const books = new Books(most, 10, rows);
      const running = new Set<string>();
      for (const [at, { start, stop, work }] of steps.entries()) {
        for (const n of stop) if (running.delete(`u${n}`)) books.host.stop(`u${n}`);
        books.tick();
        for (const n of start) {
          if (running.has(`u${n}`)) continue;
          running.add(`u${n}`);
          books.host.start(`u${n}`);
        }
        for (const [n, nanos] of work) if (running.has(`u${n}`)) books.host.work(`u${n}`, nanos);
        books.tick();
        if (at % 5 === 4) books.window();
      }
      books.tick();
      books.window();
      const { units } = books.document();
      const { readSeconds, started } = books.host;
      const near = (seconds: number, what: string) =>
        assert.ok(Math.abs(seconds - readSeconds) < 1e-6, `${what}: ${seconds} of ${readSeconds} s`);
      near(sumOf(units.map(({ cpu }) => cpu.totalSeconds ?? 0)), 'totals');
      near(sumOf(units.map(({ cpu }) => cpu.attributedSeconds)), 'attributed');
      const rowsOf = units.flatMap(({ processes }) => processes.map(({ cpuSeconds }) => cpuSeconds));
      const foldedOf = units.flatMap(({ exited }) => exited.map(({ cpuSeconds }) => cpuSeconds));
      near(sumOf([...rowsOf, ...foldedOf]), 'rows');
      const folded = sumOf(units.flatMap(({ exited }) => exited.map(({ count }) => count)));
      assert.equal(rowsOf.length + folded, started);
      assert.equal(sumOf(units.map(({ instances }) => instances)), started);
      near(sumOf(seriesOf(books.windows, ({ bookedSeconds }) => bookedSeconds.live)), 'series');
      const byName = seriesOf(books.windows, ({ executables }) =>
        sumOf(executables.map(({ cpuSeconds }) => cpuSeconds)),
      );
      near(sumOf(byName), 'executables');
      assert.ok(books.ledger.units.length <= most + 1);
    }),
    { numRuns: 300 },
  );
});

/** The last value of each series of a counter: one with another start is another. */
function seriesOf(
  windows: readonly ExportWindow[],
  read: (unit: ExportWindow['units'][number]) => number,
): Iterable<number> {
  const last = new Map<string, number>();
  for (const { units } of windows) {
    for (const unit of units) {
      const key = `${unit.unit} ${unit.startUnixMillis}`;
      assert.ok(read(unit) >= (last.get(key) ?? 0) - 1e-9, 'a counter fell');
      last.set(key, read(unit));
    }
  }
  return last.values();
}

test('a document that is created twice is the same', () => {
  const books = new Books(1, 0, 0);
  for (let i = 0; i < 4; i++) books.brief(`run-r${i}.service`, 0.25);
  books.host.start('no-place.service');
  assert.equal(JSON.stringify(books.document()), JSON.stringify(books.document()));
});
