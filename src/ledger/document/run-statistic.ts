import type { SummaryStats } from '../accounts/summary-stats.ts';
import type { RunStatistic } from './run-document.ts';
import { isoTimeOf, type RunTimes } from './run-times.ts';

/** Converts statistics to the form of the run document. */
export function statisticOf(stats: SummaryStats | null, run: RunTimes): RunStatistic | null {
  if (stats === null) return null;
  const { min, max, avg, p95, maxAtSeconds } = stats;
  return {
    min,
    max,
    avg,
    p95,
    maxAt: isoTimeOf(maxAtSeconds, run),
    maxAfterSeconds: maxAtSeconds - run.startedAtSeconds,
  };
}
