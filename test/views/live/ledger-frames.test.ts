import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { LedgerFrames } from '../../../src/views/live/model/ledger-frames.ts';
import { SimulatedUnits } from '../../ledger/simulated-units.ts';
import { liveRun } from './frames.ts';

/** Units that come and go, their books, and the frames out of these. */
function openFrames() {
  const units = new SimulatedUnits(8, 60);
  const ledger = new Ledger();
  const frames = new LedgerFrames(ledger);
  return { units, next: () => frames.frameOf(ledger.book(units.sample()), liveRun()) };
}

describe('frames out of the books', () => {
  test('have no rate of a unit in the first tick, and the rates of each tick from then on', () => {
    const { units, next } = openFrames();
    units.start('a.service');
    const first = next();
    assert.equal(first.intervalSeconds, 0);
    assert.equal(first.units.find(({ name }) => name === 'a.service')!.cpuPercent, null);
    units.work('a.service', 100_000_000);
    const second = next();
    assert.equal(second.processes[0]!.cpuPercent, 20);
    assert.equal(second.units.find(({ name }) => name === 'a.service')!.cpuPercent, 20);
    assert.equal(next().processes[0]!.cpuPercent, 0);
  });

  test('have what is not known as null, not as zero', () => {
    const { units, next } = openFrames();
    units.start('a.service');
    next();
    const [process] = next().processes;
    assert.equal(process!.diskBytesPerSecond, null);
    assert.equal(process!.transferBytesPerSecond, null);
    assert.equal(process!.threads, null);
  });

  test('have each process in its unit, and once more when it has ended', () => {
    const { units, next } = openFrames();
    units.start('a.service');
    units.start('b.service');
    next();
    const both = next();
    assert.deepEqual(
      both.processes.map(({ unitKey }) => both.units.find(({ key }) => key === unitKey)!.name),
      ['a.service', 'b.service'],
    );
    const [a] = both.processes;
    units.stop('a.service');
    const without = next();
    assert.deepEqual(
      [without.processes.length, without.ended.map(({ key, cpuPercent }) => [key, cpuPercent])],
      [1, [[a!.key, null]]],
    );
    assert.deepEqual(next().ended, []);
  });

  test('leave a pattern out as soon as it has found a unit', () => {
    const { units, next } = openFrames();
    assert.equal(next().units.length, 1);
    units.start('a.service');
    assert.deepEqual(
      next().units.map(({ name }) => name),
      ['a.service'],
    );
  });
});
