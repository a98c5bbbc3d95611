import { knownSum } from './known.ts';
import type { RunExited, RunProcess, RunUnitTotals } from './run-document.ts';
import type { UnitTogether } from './unit-together.ts';

/** What a unit came to: its rows added up, and what they did together. */
export function unitTotalsOf(
  together: UnitTogether,
  processes: readonly RunProcess[],
  exited: readonly RunExited[],
  startedAtSeconds: number,
): RunUnitTotals {
  const rows = [...processes, ...exited];
  return {
    processesSeen: exited.reduce((sum, { count }) => sum + count, processes.length),
    processesAlive: together.alive.summary(startedAtSeconds),
    cpuPercent: together.cpuPercent.summary(startedAtSeconds),
    memoryBytes: together.memory.summary(startedAtSeconds),
    diskBytesPerSecond: together.diskRate.summary(startedAtSeconds),
    transferBytesPerSecond: together.transferRate.summary(startedAtSeconds),
    diskBytes: rows.reduce<number | null>((sum, row) => knownSum(sum, row.diskBytes), null),
    transferBytes: rows.reduce<number | null>((sum, row) => knownSum(sum, row.transferBytes), null),
  };
}

/** What no unit came to. */
export const NO_UNIT_TOTALS: RunUnitTotals = {
  processesSeen: 0,
  processesAlive: null,
  cpuPercent: null,
  memoryBytes: null,
  diskBytesPerSecond: null,
  transferBytesPerSecond: null,
  diskBytes: null,
  transferBytes: null,
};

/** Of units that are shown as one: what they did together was never looked at. */
export function sumOfUnitTotals(a: RunUnitTotals, b: RunUnitTotals): RunUnitTotals {
  return {
    ...NO_UNIT_TOTALS,
    processesSeen: a.processesSeen + b.processesSeen,
    diskBytes: knownSum(a.diskBytes, b.diskBytes),
    transferBytes: knownSum(a.transferBytes, b.transferBytes),
  };
}
