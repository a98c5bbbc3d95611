import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Range } from '../../src/ledger/accounts/window-ranges.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { ExportWindow } from '../../src/ledger/window/export-window.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import { type Churning, SimulatedChurn } from './simulated-churn.ts';

/** Books of one unit, whose heaviest `most` processes have series of their own. */
class Books {
  readonly host = new SimulatedChurn(['u.service'], 64);
  readonly ledger: Ledger;
  readonly #builder: WindowBuilder;
  #pid = 1000;

  constructor(keepsRanges = true, most = 10) {
    this.ledger = new Ledger(undefined, keepsRanges);
    this.#builder = new WindowBuilder(this.ledger, 0, 0, { processesOfUnit: most });
  }

  start(hasIo = true): Churning {
    return this.host.start(0, ++this.#pid, 'worker', hasIo);
  }

  /** Half a second in which a process uses CPU at this rate, reads, and comes to hold so much memory. */
  tick(process?: Churning, cores = 0, bytes = 0, memoryBytes = 1e6): void {
    if (process !== undefined) {
      this.host.work(process, cores * 0.5e9, bytes);
      process.memoryBytes = memoryBytes;
    }
    this.ledger.book(this.host.sample());
    this.#builder.gather();
    this.host.sweep();
  }

  window(): ExportWindow {
    return this.#builder.close(this.host.atSeconds * 1000, this.host.atSeconds);
  }
}

test('a window has the minimum and the maximum of its samples, for each process and for the unit', () => {
  const books = new Books();
  const process = books.start();
  books.tick();
  books.tick(process, 0.5, 1000, 3e6);
  books.tick(process, 2, 0, 5e6);
  books.tick(process, 1, 500, 2e6);
  const [unit] = books.window().units;
  assert.deepEqual(unit!.ranges, {
    cpuCores: { lowest: 0.5, highest: 2 },
    residentBytes: { lowest: 1e6, highest: 5e6 },
  });
  assert.deepEqual(unit!.processes[0]!.ranges, {
    // It was born in the first tick, which has a rate of its own.
    cpuCores: { lowest: 0, highest: 2 },
    memoryBytes: { lowest: 1e6, highest: 5e6 },
    diskBytesPerSecond: { lowest: 0, highest: 2000 },
    transferBytesPerSecond: { lowest: 0, highest: 4000 },
  });
});

test('a window contains no samples of the previous one', () => {
  const books = new Books();
  const process = books.start();
  books.tick();
  books.tick(process, 3, 9000, 9e6);
  books.window();
  books.tick(process, 0.5, 100, 2e6);
  books.tick(process, 1, 200, 3e6);
  const [unit] = books.window().units;
  assert.deepEqual(unit!.ranges, {
    cpuCores: { lowest: 0.5, highest: 1 },
    residentBytes: { lowest: 2e6, highest: 3e6 },
  });
  assert.deepEqual(unit!.processes[0]!.ranges, {
    cpuCores: { lowest: 0.5, highest: 1 },
    memoryBytes: { lowest: 2e6, highest: 3e6 },
    diskBytesPerSecond: { lowest: 200, highest: 400 },
    transferBytesPerSecond: { lowest: 400, highest: 800 },
  });
});

test('unreadable values have no range; nor have several processes together', () => {
  const books = new Books(true, 1);
  const [shown, other] = [books.start(false), books.start(false)];
  books.tick();
  books.tick(shown, 2);
  books.tick(other, 0.1);
  const [unit] = books.window().units;
  const { ranges } = unit!.processes[0]!;
  assert.equal(ranges!.diskBytesPerSecond, null);
  assert.equal(ranges!.transferBytesPerSecond, null);
  assert.deepEqual(ranges!.cpuCores, { lowest: 0, highest: 2 });
  assert.equal(unit!.otherProcesses!.ranges, null);
});

test('no samples are kept if ranges are not requested', () => {
  const books = new Books(false);
  const process = books.start();
  books.tick();
  books.tick(process, 1, 100);
  const [unit] = books.window().units;
  assert.equal(unit!.ranges, null);
  assert.equal(unit!.processes[0]!.ranges, null);
  for (const { ranges } of books.ledger.units) assert.equal(ranges, null);
  for (const account of books.ledger.accounts) assert.equal(account?.ranges ?? null, null);
});

test('the mean of a window lies between its minimum and its maximum, whatever the samples are', () => {
  const act = fc.record({
    who: fc.nat(3),
    cores: fc.double({ min: 0, max: 8, noNaN: true }),
    bytes: fc.nat(1e9),
    memoryBytes: fc.nat(1e12),
    starts: fc.boolean(),
    ends: fc.boolean(),
  });
  let means = 0;
  const within = (mean: number | null, range: Range | null | undefined) => {
    assert.equal(mean === null, (range ?? null) === null);
    if (mean === null || range == null) return;
    const slack = 1e-9 * Math.max(1, range.highest);
    assert.ok(
      range.lowest - slack <= mean && mean <= range.highest + slack,
      `${mean} ${JSON.stringify(range)}`,
    );
    means++;
  };
  fc.assert(
    fc.property(fc.array(fc.array(act, { minLength: 1, maxLength: 6 }), { maxLength: 6 }), (windows) => {
      const books = new Books(true, 3);
      const living = [books.start(), books.start()];
      books.tick();
      for (const acts of windows) {
        for (const { who, cores, bytes, memoryBytes, starts, ends } of acts) {
          if (starts && living.length < 8) living.push(books.start());
          if (ends && living.length > 1) living.shift()!.isOver = true;
          books.tick(living[who % living.length], cores, bytes, memoryBytes);
        }
        for (const unit of books.window().units) {
          within(unit.cpuCores, unit.ranges!.cpuCores);
          within(unit.memoryBytes, unit.ranges!.residentBytes);
          for (const process of unit.processes) {
            const { ranges } = process;
            if (process.ended && ranges!.cpuCores === null) continue;
            within(process.cpuCores, ranges!.cpuCores);
            within(process.diskBytesPerSecond, ranges!.diskBytesPerSecond);
            within(process.transferBytesPerSecond, ranges!.transferBytesPerSecond);
            if (!process.ended) within(process.memoryBytes, ranges!.memoryBytes);
          }
        }
      }
    }),
  );
  assert.ok(means > 100);
});
