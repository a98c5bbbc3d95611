import type { RunStatistic, RunUnitTotals } from '../../ledger/document/run-document.ts';
import { ABSENT, byteCount, decimal, percent, utcTime } from '../format.ts';

/** Totals of a unit's processes with the times of peaks: one line for CPU and memory, one for the rest. */
export function totalsSentences(totals: RunUnitTotals, endedAt: string): readonly string[] {
  const { cpuPercent, memoryBytes, diskBytesPerSecond, transferBytesPerSecond, processesAlive } = totals;
  const lines = [
    [
      levelOf('CPU', cpuPercent, (value) => `${percent(value)}%`, endedAt),
      levelOf('memory (RSS)', memoryBytes, byteCount, endedAt),
    ],
    [
      flowOf('disk', totals.diskBytes, diskBytesPerSecond, endedAt),
      totals.cancelledWriteBytes === null || totals.cancelledWriteBytes === 0
        ? null
        : `cancelled writes ${byteCount(totals.cancelledWriteBytes)}`,
      flowOf('transfer', totals.transferBytes, transferBytesPerSecond, endedAt),
      processesAlive === null || processesAlive.max === 0
        ? null
        : `processes: peak ${decimal(processesAlive.max, 0)} ${whenOf(processesAlive, endedAt)}`,
    ],
  ];
  return lines.map((parts) => parts.filter((part) => part !== null).join(', ')).filter((line) => line !== '');
}

/** Time of a maximum, with its date if that differs from the date of the run's end. */
export function peakTime(statistic: RunStatistic | null, endedAt: string): string {
  return statistic === null ? ABSENT : utcTime(statistic.maxAt, endedAt);
}

/** `11.0s in`, by the monotonic clock. */
function whenOf(statistic: RunStatistic, endedAt: string): string {
  return `at ${peakTime(statistic, endedAt)} (${decimal(statistic.maxAfterSeconds, 1)}s in)`;
}

function levelOf(
  what: string,
  statistic: RunStatistic | null,
  say: (value: number) => string,
  endedAt: string,
): string | null {
  if (statistic === null) return null;
  const peak = statistic.max > 0 ? ` · peak ${say(statistic.max)} ${whenOf(statistic, endedAt)}` : '';
  return `${what} ${say(statistic.avg)} on average${peak}`;
}

function flowOf(
  what: string,
  bytes: number | null,
  rate: RunStatistic | null,
  endedAt: string,
): string | null {
  if (bytes === null) return null;
  if (rate === null || rate.max === 0) return `${what} ${byteCount(bytes)}`;
  return `${what} ${byteCount(bytes)} · peak ${byteCount(rate.max)}/s ${whenOf(rate, endedAt)}`;
}
