import type { Spread } from '../accounts/statistic.ts';
import type { RunStatistic } from './run-document.ts';
import { isoTimeOf, type RunTimes } from './run-times.ts';

/** A spread as the run document has it. */
export function statisticOf(spread: Spread | null, run: RunTimes): RunStatistic | null {
  if (spread === null) return null;
  const { min, max, avg, p95, maxAtSeconds } = spread;
  return {
    min,
    max,
    avg,
    p95,
    maxAt: isoTimeOf(maxAtSeconds, run),
    maxAfterSeconds: maxAtSeconds - run.startedAtSeconds,
  };
}
