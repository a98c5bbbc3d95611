import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { ExportWindow, ProcessFigures, UnitWindow } from '../../src/ledger/window/export-window.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { type Churning, SimulatedChurn } from './simulated-churn.ts';
import { SimulatedUnit } from './simulated-unit.ts';

const SECOND = 1e9;

/** Books of units whose heaviest `most` processes each have series of their own. */
class Books {
  readonly host: SimulatedChurn;
  readonly ledger = new Ledger();
  readonly #builder: WindowBuilder;
  #pid = 1000;

  constructor(most: number, units: readonly string[] = ['u.service']) {
    this.host = new SimulatedChurn(units, 512);
    this.#builder = new WindowBuilder(this.ledger, 0, 0, { processesOfUnit: most });
  }

  start(unit = 0, hasIo = true): Churning {
    return this.host.start(unit, ++this.#pid, 'worker', hasIo);
  }

  /** Each works for `seconds`, and a tick reads it. */
  tick(work: Iterable<readonly [Churning, number, number?]> = []): void {
    for (const [process, seconds, bytes] of work) this.host.work(process, seconds * SECOND, bytes);
    this.ledger.book(this.host.sample());
    this.#builder.gather();
    this.host.sweep();
  }

  window(): ExportWindow {
    return this.#builder.close(this.host.atSeconds * 1000, this.host.atSeconds);
  }

  /** Some ticks of the same work, and a window. */
  period(work: readonly (readonly [Churning, number, number?])[]): UnitWindow {
    for (let i = 0; i < 4; i++) this.tick(work);
    return this.window().units[0]!;
  }
}

const pidsOf = ({ processes }: UnitWindow) =>
  processes.map(({ process }) => process.pid).sort((a, b) => a - b);
const cpuOf = ({ userSeconds, systemSeconds }: ProcessFigures) => (userSeconds ?? 0) + (systemSeconds ?? 0);

test('a process that existed for a whole window has series of its own, from its start on', () => {
  const books = new Books(2);
  const [one, two] = [books.start(), books.start()];
  const unit = books.period([
    [one, 0.25],
    [two, 0.125],
  ]);
  assert.deepEqual(pidsOf(unit), [one.pid, two.pid]);
  assert.deepEqual(unit.processes.map(cpuOf), [1, 0.5]);
  assert.deepEqual(
    unit.processes.map(({ startUnixMillis }) => startUnixMillis),
    [0, 0],
  );
  assert.equal(unit.otherProcesses, null);
});

test('a process that came within the window is among the others, and has its own series from the next window on', () => {
  const books = new Books(2);
  books.tick();
  const late = books.start();
  const first = books.period([[late, 0.25]]);
  assert.deepEqual(pidsOf(first), []);
  assert.equal(cpuOf(first.otherProcesses!), 1);
  const second = books.period([[late, 0.5]]);
  assert.deepEqual(pidsOf(second), [late.pid]);
  const [own] = second.processes;
  assert.equal(cpuOf(own!), 2);
  assert.equal(own!.startUnixMillis, 2000);
  assert.equal(cpuOf(second.otherProcesses!), 1);
});

test('a process that changes its title in every window has no counters of its own for long', () => {
  const books = new Books(2);
  const process = books.start();
  const counted: boolean[] = [];
  let total = 0;
  for (let i = 0; i < 30; i++) {
    const { processes, otherProcesses } = books.period([[process, 0.25]]);
    const [own] = processes;
    counted.push(own!.userSeconds !== null);
    total = (own!.userSeconds ?? 0) + (otherProcesses === null ? 0 : cpuOf(otherProcesses));
    Object.assign(books.ledger.accounts.find((account) => account !== undefined)!.identity, {
      title: `t${i}`,
    });
  }
  assert.deepEqual(
    counted.map((has, i) => (has ? i : -1)).filter((i) => i >= 0),
    [0, 1],
  );
  // The first change does not count; the first two windows are in the series of the first two titles.
  assert.equal(total, 28);
});

test('of more processes than may have series, the heaviest have them, and the others are combined', () => {
  const books = new Books(2);
  const [light, heavy, reader] = [books.start(), books.start(), books.start()];
  const unit = books.period([
    [light, 0.01],
    [heavy, 0.4],
    [reader, 0.01, 1e6],
  ]);
  assert.deepEqual(pidsOf(unit), [heavy.pid, reader.pid]);
  const others = unit.otherProcesses!;
  assert.ok(Math.abs(cpuOf(others) - 0.04) < 1e-9);
  assert.equal(others.memoryBytes, 1e6);
  assert.equal(others.readBytes, 0);
});

test('two equally heavy processes do not alternate: a process keeps its series until another is heavier by half', () => {
  const books = new Books(1);
  const [one, two] = [books.start(), books.start()];
  for (let i = 0; i < 10; i++) {
    const [a, b] = i % 2 === 0 ? [0.1, 0.12] : [0.12, 0.1];
    assert.deepEqual(
      pidsOf(
        books.period([
          [one, a],
          [two, b],
        ]),
      ),
      [i === 0 ? two.pid : two.pid],
    );
  }
  const later = [1, 2, 3].map(() =>
    pidsOf(
      books.period([
        [one, 0.4],
        [two, 0.01],
      ]),
    ),
  );
  assert.deepEqual(later.at(-1), [one.pid]);
});

test('a process that lost its series and gets them again continues where they were', () => {
  const books = new Books(1);
  const [one, two] = [books.start(), books.start()];
  books.period([
    [one, 0.4],
    [two, 0.01],
  ]);
  for (let i = 0; i < 4; i++)
    books.period([
      [one, 0.01],
      [two, 0.4],
    ]);
  let last: UnitWindow | undefined;
  for (let i = 0; i < 6; i++)
    last = books.period([
      [one, 0.4],
      [two, 0.01],
    ]);
  const [own] = last!.processes;
  assert.equal(own!.process.pid, one.pid);
  assert.equal(own!.startUnixMillis, 0);
  const total = 4 * (0.4 + 4 * 0.01 + 6 * 0.4);
  assert.ok(cpuOf(own!) < total && cpuOf(own!) > 1.6);
});

test('the last points of an ended process are in its own series, and the next window has none of it', () => {
  const books = new Books(1);
  const one = books.start();
  books.period([[one, 0.25]]);
  books.tick([[one, 0.125]]);
  one.isOver = true;
  const last = books.period([]);
  assert.deepEqual(
    last.processes.map(({ ended }) => ended),
    [true],
  );
  assert.equal(cpuOf(last.processes[0]!), 1.125);
  assert.deepEqual(pidsOf(books.period([])), []);
});

test('a process that left its unit is in no window after that, also when it ends', () => {
  const unit = new SimulatedUnit(20);
  const ledger = new Ledger();
  const builder = new WindowBuilder(ledger, 0, 0);
  const main = unit.fork(null)!;
  const child = unit.fork(main)!;
  let ticks = 0;
  const window = () => {
    for (let i = 0; i < 4; i++) {
      ledger.book(unit.sample());
      builder.gather();
      ticks++;
    }
    return builder.close(ticks * 500, ticks / 2).units[0]!;
  };
  window();
  unit.move(child, true);
  assert.deepEqual(pidsOf(window()), [main.pid, child.pid], 'its end');
  assert.deepEqual(pidsOf(window()), [main.pid]);
  unit.move(child, false);
  window();
  assert.deepEqual(pidsOf(window()), [main.pid, child.pid], 'it is back');
  unit.move(child, true);
  assert.deepEqual(pidsOf(window()), [main.pid, child.pid], 'its end');
  unit.exit(child);
  unit.reap(child);
  assert.deepEqual(pidsOf(window()), [main.pid]);
});

test('means of a process that ended within a window cover the whole window, and its levels are unknown', () => {
  const books = new Books(1);
  const one = books.start();
  books.period([[one, 0.25]]);
  books.tick([[one, 0.5]]);
  one.isOver = true;
  const [last] = books.period([]).processes;
  assert.equal(last!.memoryBytes, null);
  // 0.5 s of the 2.5 s of five ticks.
  assert.equal(last!.cpuCores, 0.2);
});

test('means of a process that was born before the first sample of a window cover the whole window', () => {
  const books = new Books(2);
  const old = books.start();
  books.period([[old, 0.25]]);
  const young = books.start();
  const unit = books.period([
    [old, 0.25],
    [young, 0.125],
  ]);
  assert.deepEqual(pidsOf(unit), [old.pid, young.pid]);
  const cores = unit.processes.map(({ cpuCores }) => cpuCores!);
  assert.ok(Math.abs(cores[0]! + cores[1]! - unit.cpuCores!) < 1e-9, `${cores} of ${unit.cpuCores}`);
});

describe('in a unit with many short-lived processes', () => {
  /** Windows in each of which a process begins that is over after so many. */
  function churn(books: Books, windows: number, life: number): UnitWindow[] {
    const running: Churning[] = [];
    return Array.from({ length: windows }, () => {
      running.push(books.start());
      if (running.length > life) running.shift()!.isOver = true;
      return books.period(running.filter(({ isOver }) => !isOver).map((each) => [each, 0.05] as const));
    });
  }
  /** CPU seconds of all of these. */
  const workOf = (windows: number, life: number) =>
    Array.from({ length: windows }, (_, i) => Math.min(i + 1, life) * 4 * 0.05).reduce(
      (sum, each) => sum + each,
    );
  const counted = ({ processes }: UnitWindow) =>
    processes.filter(({ ended, userSeconds }) => !ended && userSeconds !== null).length;

  test('counters of young processes are among those of the others, once some that had series ended young', () => {
    const windows = churn(new Books(20), 50, 4);
    const late = windows.slice(12);
    assert.ok(late.every((unit) => counted(unit) === 0));
    assert.ok(late.every(({ processes }) => processes.filter(({ ended }) => !ended).length >= 3));
    assert.ok(late.every(({ processes }) => processes.every(({ cpuCores }) => cpuCores !== null)));
  });

  test('an old process has its counters, and all usage is in counters once', () => {
    const books = new Books(20);
    const old = books.start();
    for (let i = 0; i < 30; i++) books.period([[old, 0.1]]);
    const windows = churn(books, 40, 4);
    assert.ok(windows.every(({ processes }) => processes.some((own) => own.process.pid === old.pid)));
    assert.ok(windows.slice(12).every((unit) => counted(unit) === 1));
    const ended = new Map<number, number>();
    for (const { processes } of windows) {
      for (const own of processes) ended.set(own.process.pid, cpuOf(own));
    }
    const own = [...ended.values()].reduce((sum, seconds) => sum + seconds, 0);
    const used = 30 * 4 * 0.1 + workOf(windows.length, 4);
    assert.ok(Math.abs(own + cpuOf(windows.at(-1)!.otherProcesses!) - used) < 1e-6);
  });

  test('young processes have counters again after a long time without short-lived ones', () => {
    const books = new Books(20);
    churn(books, 10, 4);
    for (let i = 0; i < 60 * 5; i++) books.period([]);
    const young = books.start();
    books.period([[young, 0.1]]);
    const { processes } = books.period([[young, 0.1]]);
    const own = processes.find(({ process }) => process.pid === young.pid);
    assert.notEqual(own!.userSeconds, null);
  });
});

test('if none may have series, all are combined', () => {
  const books = new Books(0);
  const unit = books.period([
    [books.start(), 0.25],
    [books.start(), 0.25],
  ]);
  assert.deepEqual(unit.processes, []);
  assert.equal(cpuOf(unit.otherProcesses!), 2);
});

test('a value that is unknown for each is unknown for all together', () => {
  const books = new Books(0);
  const unit = books.period([[books.start(0, false), 0.25]]);
  assert.equal(unit.otherProcesses!.readBytes, null);
  assert.equal(unit.otherProcesses!.diskBytesPerSecond, null);
});

test('whatever comes, works and goes, usage of rows in a window is in its series once, and no series decreases', () => {
  const step = fc.record({
    births: fc.array(fc.nat({ max: 2 }), { maxLength: 4 }),
    deaths: fc.array(fc.nat({ max: 40 }), { maxLength: 3 }),
    work: fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 400 }), fc.nat({ max: 1e6 })), {
      maxLength: 8,
    }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 4 }), (steps, most) => {
      const books = new Books(most, ['a.service', 'b.service', 'c.service']);
      const running: Churning[] = [];
      const last = new Map<string, number>();
      let [cpu, bytes, seenCpu, seenBytes] = [0, 0, 0, 0];
      const check = (window: ExportWindow) => {
        const shown = new Set<string>();
        for (const unit of window.units) {
          assert.ok(unit.processes.filter(({ ended }) => !ended).length <= most, 'more than may have series');
          for (const { ended, process } of unit.processes) {
            const alive = running.some(({ pid }) => pid === process.pid);
            assert.equal(ended, !alive, 'a dead process beyond its last window');
          }
          const series = [
            ...unit.processes.map((own) => [`${unit.unit} ${own.process.pid}`, own] as const),
            ...(unit.otherProcesses === null ? [] : [[`${unit.unit} others`, unit.otherProcesses] as const]),
          ];
          for (const [name, figures] of series) {
            assert.ok(!shown.has(name), `${name} twice in a window`);
            shown.add(name);
            const cpuBefore = last.get(`${name} cpu`) ?? 0;
            const bytesBefore = last.get(`${name} bytes`) ?? 0;
            assert.ok(cpuOf(figures) >= cpuBefore - 1e-9, `${name} fell`);
            seenCpu += cpuOf(figures) - cpuBefore;
            seenBytes += (figures.readBytes ?? 0) - bytesBefore;
            last.set(`${name} cpu`, cpuOf(figures));
            last.set(`${name} bytes`, figures.readBytes ?? 0);
            assert.ok(figures.startUnixMillis <= window.endUnixMillis);
          }
        }
        assert.ok(Math.abs(seenCpu - cpu) < 1e-6, `${seenCpu} s in series, ${cpu} s used`);
        assert.equal(seenBytes, bytes);
      };
      for (const [at, { births, deaths, work }] of steps.entries()) {
        for (const unit of births) running.push(books.start(unit, unit !== 2));
        books.tick(
          work.flatMap(([n, millis, read]) => {
            const process = running[n];
            if (process === undefined) return [];
            cpu += millis / 1000;
            if (process.hasIo) bytes += read;
            return [[process, millis / 1000, read] as const];
          }),
        );
        for (const n of deaths) for (const process of running.splice(n, 1)) process.isOver = true;
        books.tick();
        if (at % 3 === 2) check(books.window());
      }
      check(books.window());
    }),
    { numRuns: 200 },
  );
});
