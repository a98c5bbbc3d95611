import type { Spread } from '../accounts/statistic.ts';
import type { RunStatistic } from './run-document.ts';

/** A spread as the run document has it. `sinceSeconds`: when the run began, by the monotonic clock of the samples. */
export function statisticOf(spread: Spread | null, sinceSeconds: number): RunStatistic | null {
  if (spread === null) return null;
  const { maxUnixMillis, maxAtSeconds, ...values } = spread;
  return {
    ...values,
    maxAt: new Date(maxUnixMillis).toISOString(),
    maxAfterSeconds: maxAtSeconds - sinceSeconds,
  };
}
