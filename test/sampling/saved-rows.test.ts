/** Rows of saved `/proc` trees, whose files a test sets between two samples. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { openHost } from '../../src/host/host.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { WindowBuilder } from '../../src/ledger/window/window-builder.ts';
import type { ProcessDetail } from '../../src/sampling/choices.ts';
import { ROW_ALIVE, ROW_FOREIGN_CHILD, ROW_LEFT } from '../../src/sampling/process-columns.ts';
import { ReadProblems } from '../../src/sampling/read-problems.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { Sampler } from '../../src/sampling/sampler.ts';
import { ListedTargets } from './listed-targets.ts';

const host = openHost('/proc', systemClock);
const PARENT = 70;
const MEMBER = 71;
const OTHER = 72;
const NOTHING = '0 0 0 0 0 0 0\n';

describe('a row of a saved tree', () => {
  let procRoot: string;
  let targets: ListedTargets;
  let sampler: Sampler;
  let atSeconds: number;

  const write = (file: string, text: string) => {
    mkdirSync(join(procRoot, file, '..'), { recursive: true });
    writeFileSync(join(procRoot, file), text);
  };
  const writeStat = (pid: number, { state = 'S', ppid = PARENT, reapedTicks = 0, threads = 1 } = {}) =>
    write(
      `${pid}/stat`,
      `${pid} (p${pid}) ${state} ${ppid} ${'0 '.repeat(11)}${reapedTicks} 0 0 0 ${threads} 0 5 0 0 0\n`,
    );
  const start = (details = new Set<ProcessDetail>()) => {
    const watched = { ...host, procRoot, clocks: null, taskTurnover: null };
    const options = { showCommandLine: false, details, detailsEveryTicks: 1 };
    sampler = new Sampler(watched, targets, new ReadProblems(() => {}), options);
  };
  const sample = (): Sample => {
    atSeconds += 0.5;
    return sampler.sample(atSeconds, atSeconds * 1000);
  };
  const stateOf = ({ rows, slots, count }: Sample, pid: number) =>
    rows.state[slots.subarray(0, count).find((slot) => rows.pid[slot] === pid)!];

  beforeEach(() => {
    procRoot = mkdtempSync(join(tmpdir(), 'unitledger-proc-'));
    atSeconds = 0;
    targets = new ListedTargets();
    targets.members = [MEMBER];
    writeStat(PARENT, { ppid: 1, reapedTicks: 100 });
    writeStat(MEMBER);
    write(`${MEMBER}/statm`, '9 9 9 9 0 9 0\n');
    start();
  });
  afterEach(() => {
    sampler.close();
    rmSync(procRoot, { recursive: true });
  });

  it('has a parent whose counters stay while its `stat` cannot be read', () => {
    const reapedSeconds = () => sample().outsideParents.map(({ reapedNanos }) => reapedNanos / 1e9);
    assert.deepEqual(reapedSeconds(), [1]);
    writeStat(MEMBER, { reapedTicks: 7000 });
    for (let tick = 1; tick < 4; tick++) assert.deepEqual(reapedSeconds(), [1]);
    write(`${PARENT}/stat`, 'nonsense\n');
    assert.deepEqual(reapedSeconds(), [1]);
    writeStat(PARENT, { ppid: 1, reapedTicks: 300 });
    assert.deepEqual(reapedSeconds(), [3]);
  });

  it('leaves its unit only if its `stat` can be read', () => {
    sample();
    targets.members = [];
    write(`${MEMBER}/stat`, 'nonsense\n');
    assert.equal(stateOf(sample(), MEMBER), ROW_ALIVE);
    writeStat(MEMBER);
    assert.equal(stateOf(sample(), MEMBER), ROW_LEFT);
  });

  it('returns to its unit only if its `stat` can be read', () => {
    sample();
    targets.members = [];
    sample();
    targets.members = [MEMBER, OTHER];
    writeStat(OTHER, { reapedTicks: 7000 });
    write(`${MEMBER}/stat`, 'nonsense\n');
    assert.equal(stateOf(sample(), MEMBER), ROW_FOREIGN_CHILD);
    writeStat(MEMBER, { reapedTicks: 5 });
    const { rows, slots } = sample();
    assert.equal(rows.state[slots[0]!], ROW_ALIVE);
    assert.equal(rows.reapedNanos[slots[0]!], 5e7);
  });

  for (const [series, most] of [
    ['of its own', 1],
    ['of the others', 0],
  ] as const)
    it(`has no descriptors in the series ${series} once it is a zombie`, () => {
      sampler.close();
      start(new Set<ProcessDetail>(['descriptors', 'faults']));
      mkdirSync(join(procRoot, `${MEMBER}/fd/3`), { recursive: true });
      const ledger = new Ledger();
      const builder = new WindowBuilder(ledger, 0, 0, { processesOfUnit: most });
      const details = () => {
        for (let tick = 0; tick < 3; tick++) {
          ledger.book(sample());
          builder.gather();
        }
        const unit = builder.close(atSeconds * 1000, atSeconds).units[0]!;
        return (most === 1 ? unit.processes[0]! : unit.otherProcesses!).details!;
      };
      assert.equal(details().openDescriptors, 1);
      writeStat(MEMBER, { state: 'Z' });
      const { openDescriptors, minorFaults } = details();
      assert.equal(openDescriptors, most === 1 ? null : 0);
      assert.equal(minorFaults, 0);
    });

  it('does not leave its unit while its last thread exits after its leader, though no list contains it', () => {
    sample();
    targets.members = [];
    writeStat(MEMBER, { state: 'Z', threads: 2 });
    for (const file of ['statm', `task/${MEMBER}/statm`, `task/${OTHER}/statm`])
      write(`${MEMBER}/${file}`, NOTHING);
    assert.equal(stateOf(sample(), MEMBER), ROW_ALIVE);
    assert.equal(stateOf(sample(), MEMBER), ROW_ALIVE);
    write(`${MEMBER}/task/${OTHER}/statm`, '9 9 9 9 0 9 0\n');
    assert.equal(stateOf(sample(), MEMBER), ROW_LEFT);
  });
});
