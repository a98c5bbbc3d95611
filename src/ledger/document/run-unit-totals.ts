import { LATE_PERCENT_SECONDS, type StatsAccount } from '../accounts/summary-stats.ts';
import type { UnitTogether } from '../accounts/unit-together.ts';
import { sumOfBytes } from './exited-rows.ts';
import type { RunBytes, RunExited, RunProcess, RunUnitTotals } from './run-document.ts';
import { statisticOf } from './run-statistic.ts';
import type { RunTimes } from './run-times.ts';

/** Totals of a unit: sums of its rows, and statistics over all its processes. */
export function unitTotalsOf(
  together: UnitTogether,
  processes: readonly RunProcess[],
  exited: readonly RunExited[],
  run: RunTimes,
): RunUnitTotals {
  const rows = [...processes, ...exited];
  const statistic = (of: StatsAccount) => statisticOf(of.stats(), run);
  return {
    processesSeen: exited.reduce((sum, { count }) => sum + count, processes.length),
    processesAlive: statistic(together.alive),
    cpuPercent: statisticOf(together.cpuPercent.stats(LATE_PERCENT_SECONDS), run),
    memoryBytes: statistic(together.memory),
    diskBytesPerSecond: statistic(together.diskRate),
    transferBytesPerSecond: statistic(together.transferRate),
    ...rows.reduce<RunBytes>(sumOfBytes, NO_BYTES),
  };
}

const NO_BYTES: RunBytes = { diskBytes: null, transferBytes: null, cancelledWriteBytes: null };

/** Totals of no unit. */
export const NO_UNIT_TOTALS: RunUnitTotals = {
  processesSeen: 0,
  processesAlive: null,
  cpuPercent: null,
  memoryBytes: null,
  diskBytesPerSecond: null,
  transferBytesPerSecond: null,
  ...NO_BYTES,
};

/** Totals of units that are shown as one; their statistics together are unknown. */
export function sumOfUnitTotals(a: RunUnitTotals, b: RunUnitTotals): RunUnitTotals {
  return {
    ...NO_UNIT_TOTALS,
    processesSeen: a.processesSeen + b.processesSeen,
    ...sumOfBytes(a, b),
  };
}
