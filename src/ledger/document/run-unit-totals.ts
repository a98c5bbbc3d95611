import { nullableSum } from '../accounts/nullable.ts';
import { LATE_PERCENT_SECONDS, type StatsAccount } from '../accounts/summary-stats.ts';
import type { UnitTogether } from '../accounts/unit-together.ts';
import type { RunExited, RunProcess, RunUnitTotals } from './run-document.ts';
import { statisticOf } from './run-statistic.ts';
import type { RunTimes } from './run-times.ts';

/** What a unit came to: its rows added up, and what they did together. */
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
    diskBytes: rows.reduce<number | null>((sum, row) => nullableSum(sum, row.diskBytes), null),
    transferBytes: rows.reduce<number | null>((sum, row) => nullableSum(sum, row.transferBytes), null),
    cancelledWriteBytes: rows.reduce<number | null>(
      (sum, row) => nullableSum(sum, row.cancelledWriteBytes),
      null,
    ),
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
  cancelledWriteBytes: null,
};

/** Of units that are shown as one: what they did together was never looked at. */
export function sumOfUnitTotals(a: RunUnitTotals, b: RunUnitTotals): RunUnitTotals {
  return {
    ...NO_UNIT_TOTALS,
    processesSeen: a.processesSeen + b.processesSeen,
    diskBytes: nullableSum(a.diskBytes, b.diskBytes),
    transferBytes: nullableSum(a.transferBytes, b.transferBytes),
    cancelledWriteBytes: nullableSum(a.cancelledWriteBytes, b.cancelledWriteBytes),
  };
}
