/** When a run began, on both clocks, and when it ended: the wall-clock times lie as far apart as the monotonic ones. */
export interface RunTimes {
  /** Time of the first sample. */
  readonly startedUnixMillis: number;
  readonly startedAtSeconds: number;
  /** Time of the last sample. */
  readonly endedUnixMillis: number;
}

/** The times of a run by its first and its last sample, of which the last one's wall-clock time is known best. */
export function runTimes(firstAtSeconds: number, lastAtSeconds: number, endedUnixMillis: number): RunTimes {
  return {
    startedUnixMillis: endedUnixMillis - (lastAtSeconds - firstAtSeconds) * 1000,
    startedAtSeconds: firstAtSeconds,
    endedUnixMillis,
  };
}

/** A moment on the monotonic clock as the run document writes it. */
export function isoTimeOf(atSeconds: number, { startedUnixMillis, startedAtSeconds }: RunTimes): string {
  return new Date(startedUnixMillis + (atSeconds - startedAtSeconds) * 1000).toISOString();
}

/** CPU over the length of the run, in percent of one core; null where that is 0. */
export function cpuPercentOver(
  cpuSeconds: number,
  { startedUnixMillis, endedUnixMillis }: RunTimes,
): number | null {
  const seconds = (endedUnixMillis - startedUnixMillis) / 1000;
  return seconds > 0 ? (100 * cpuSeconds) / seconds : null;
}

/** The end of the run on the monotonic clock. */
export function endOf({ startedUnixMillis, startedAtSeconds, endedUnixMillis }: RunTimes): number {
  return startedAtSeconds + (endedUnixMillis - startedUnixMillis) / 1000;
}
