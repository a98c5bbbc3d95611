import type { RunDocument, RunStatistic, RunUnitTotals } from '../../ledger/run-document.ts';
import { byteCount, decimal, percent } from '../format.ts';
import { peakTime } from './process-columns.ts';

/** What a unit's processes did together, and when most of it: one line for CPU and memory, one for the rest. */
export function totalsSentences(totals: RunUnitTotals, document: RunDocument): readonly string[] {
  const { cpuPercent, memoryBytes, diskBytesPerSecond, transferBytesPerSecond, processesAlive } = totals;
  const lines = [
    [
      levelOf('CPU', cpuPercent, (value) => `${percent(value)}%`, document),
      levelOf('memory (RSS)', memoryBytes, byteCount, document),
    ],
    [
      flowOf('disk', totals.diskBytes, diskBytesPerSecond, document),
      flowOf('transfer', totals.transferBytes, transferBytesPerSecond, document),
      processesAlive === null || processesAlive.max === 0
        ? null
        : `most processes ${decimal(processesAlive.max, 0)} ${whenOf(processesAlive, document)}`,
    ],
  ];
  return lines.map((parts) => parts.filter((part) => part !== null).join(', ')).filter((line) => line !== '');
}

/** `11.0s in`: by the clock that nobody sets. */
function whenOf(statistic: RunStatistic, document: RunDocument): string {
  return `at ${peakTime(statistic, document)} (${decimal(statistic.maxAfterSeconds, 1)}s in)`;
}

function levelOf(
  what: string,
  statistic: RunStatistic | null,
  say: (value: number) => string,
  document: RunDocument,
): string | null {
  if (statistic === null) return null;
  const peak = statistic.max > 0 ? ` · peak ${say(statistic.max)} ${whenOf(statistic, document)}` : '';
  return `${what} ${say(statistic.avg)} on average${peak}`;
}

function flowOf(
  what: string,
  bytes: number | null,
  rate: RunStatistic | null,
  document: RunDocument,
): string | null {
  if (bytes === null) return null;
  if (rate === null || rate.max === 0) return `${what} ${byteCount(bytes)}`;
  return `${what} ${byteCount(bytes)} · peak ${byteCount(rate.max)}/s ${whenOf(rate, document)}`;
}
