import type { ComparedRun } from '../../src/comparison/compared-run.ts';
import { comparedDocument } from '../../src/comparison/run-sums.ts';
import type { RunDocument, RunProcess } from '../../src/ledger/document/run-document.ts';
import { REALISTIC, runProcess, runUnit, statistic } from '../views/documents.ts';

const STARTED = Date.parse('2026-11-22T22:52:32.104Z');

/** A run of this many seconds. */
export function runOf(units: RunDocument['units'], seconds = 30): RunDocument {
  const endedAt = new Date(STARTED + 1000 * seconds).toISOString();
  return { ...REALISTIC, startedAt: new Date(STARTED).toISOString(), endedAt, samples: 60, units };
}

/** One unit with this much CPU by its cgroup, all used by one process. */
export function unitOf(
  cpuSeconds: number,
  {
    unit = 'nginx.service',
    seconds = 30,
    ...row
  }: Partial<RunProcess> & { readonly unit?: string; readonly seconds?: number } = {},
) {
  const memory = statistic(1, 2 ** 20, 2 ** 19);
  return runUnit({
    unit,
    cpu: {
      totalSeconds: cpuSeconds,
      attributedSeconds: cpuSeconds,
      unattributed: { reapedOutsideSeconds: 0, unknownSeconds: 0 },
      coverage: 1,
      sharedSeconds: 0,
    },
    totals: {
      memoryBytes: memory,
      cpuPercent: statistic(0, 50, (100 * cpuSeconds) / seconds),
      processesAlive: statistic(1, 1, 1),
    },
    processes: [runProcess({ cpuSeconds, memoryBytes: memory, ...row })],
  });
}

/** Runs with this much CPU each, otherwise equal. */
export function runsWith(...cpuSeconds: number[]): ComparedRun[] {
  return cpuSeconds.map((each, index) => compared(runOf([unitOf(each)]), `run-${each}-${index}`));
}

export function compared(document: RunDocument, file = 'a.json'): ComparedRun {
  return comparedDocument(file, document, []);
}
