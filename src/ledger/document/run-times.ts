/** Start of a run on both clocks, and its end: wall-clock times are as far apart as monotonic ones. */
export interface RunTimes {
  /** Time of the first sample. */
  readonly startedUnixMillis: number;
  readonly startedAtSeconds: number;
  /** Time of the last sample. */
  readonly endedUnixMillis: number;
}

/** Times of a run from its first and last sample. The wall-clock time of the last sample is the most accurate one. */
export function runTimes(firstAtSeconds: number, lastAtSeconds: number, endedUnixMillis: number): RunTimes {
  return {
    startedUnixMillis: endedUnixMillis - (lastAtSeconds - firstAtSeconds) * 1000,
    startedAtSeconds: firstAtSeconds,
    endedUnixMillis,
  };
}

/** A time of the monotonic clock in the format of the run document. */
export function isoTimeOf(atSeconds: number, { startedUnixMillis, startedAtSeconds }: RunTimes): string {
  return new Date(startedUnixMillis + (atSeconds - startedAtSeconds) * 1000).toISOString();
}

/** CPU over the length of the run, in percent of one core; null for a run of length 0. */
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
