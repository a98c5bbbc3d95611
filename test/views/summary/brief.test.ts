import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunExited, RunProcess } from '../../../src/ledger/document/run-document.ts';
import { foldBriefProcesses } from '../../../src/views/summary/brief.ts';
import { REALISTIC, runExited, statistic } from '../documents.ts';

const [unit] = REALISTIC.units;
const [row] = unit!.processes;

function brief(name: string, cpuSeconds: number, change: Partial<RunProcess> = {}): RunProcess {
  return {
    ...row!,
    name,
    cpuSeconds,
    reapedCpuSeconds: 0.5,
    samples: 1,
    endedAt: '2026-11-22T22:53:00.000Z',
    diskBytes: 10,
    transferBytes: null,
    memoryBytes: statistic(1, 7, 4),
    ...change,
  };
}

describe('processes that ended within one sample, for people', () => {
  it('are folded by name, with nothing lost of what they used', () => {
    const processes = [brief('cc1', 1), row!, brief('cc1', 2), brief('as', 3)];
    const folded = foldBriefProcesses({ ...unit!, processes, exited: [] });
    assert.deepEqual(folded.processes, [row]);
    assert.deepEqual(
      folded.exited.map(({ name, count, cpuSeconds, diskBytes, transferBytes, peakMemoryBytes }) => [
        name,
        count,
        cpuSeconds,
        diskBytes,
        transferBytes,
        peakMemoryBytes,
      ]),
      [
        ['cc1', 2, 4, 20, null, 7],
        ['as', 1, 3.5, 10, null, 7],
      ],
    );
  });

  it('join those of their name that were folded before', () => {
    const before = foldBriefProcesses({ ...unit!, processes: [brief('cc1', 1)], exited: [] });
    const folded = foldBriefProcesses({ ...before, processes: [brief('cc1', 2)] });
    assert.deepEqual(
      folded.exited.map(({ name, count, cpuSeconds }) => [name, count, cpuSeconds]),
      [['cc1', 2, 4]],
    );
  });

  it('join those of their name that ended unseen, as do those that were folded before', () => {
    const unseen = runExited({
      name: 'cc1',
      count: 5,
      cpuSeconds: 2,
      apportioned: true,
      exitCodes: { 1: 2 },
    });
    const seen = runExited({ name: 'cc1', count: 3, cpuSeconds: 1, diskBytes: null });
    const folded = foldBriefProcesses({ ...unit!, processes: [brief('cc1', 1)], exited: [seen, unseen] });
    assert.equal(folded.exited.length, 1);
    const [{ count, cpuSeconds, apportioned, exitCodes }] = folded.exited as [RunExited];
    assert.deepEqual([count, cpuSeconds, apportioned, exitCodes], [9, 4.5, true, { 1: 2 }]);
    const withoutBrief = foldBriefProcesses({ ...unit!, processes: [], exited: [seen, unseen] });
    assert.deepEqual(
      withoutBrief.exited.map((row) => row.count),
      [8],
    );
  });

  it('are counted by how they ended, as far as that is known', () => {
    const ended = (exitCode: number | null) => brief('cc1', 1, { exitCode });
    const codesOf = (...rows: RunProcess[]) =>
      foldBriefProcesses({ ...unit!, processes: rows, exited: [] }).exited[0]!.exitCodes;
    assert.equal(codesOf(ended(null)), null);
    assert.deepEqual(codesOf(ended(0), ended(null)), {});
    assert.deepEqual(codesOf(ended(137), ended(0), ended(1), ended(137)), { 1: 1, 137: 2 });
  });

  it('keep rows of their own while they run, or when a second sample saw them', () => {
    const processes = [brief('new', 1, { endedAt: null }), brief('seen', 1, { samples: 2 })];
    const folded = foldBriefProcesses({ ...unit!, processes });
    assert.deepEqual(folded.processes, processes);
  });
});
