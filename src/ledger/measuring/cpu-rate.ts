/**
 * The kernel charges CPU to a running thread up to one scheduler tick late (CONFIG_HZ is at least 100), so a counter
 * can grow by this much more than the time between two readings.
 */
export const LATE_SECONDS = 0.01;
/** Counters in ticks of 10 ms can be late by one more tick. */
const LATE_ROW_SECONDS = 2 * LATE_SECONDS;
/** In very short intervals with an unknown number of threads, late charges may be at most this share. */
const LATE_SHARE = 0.25;

/**
 * Duration of a process's CPU rate: the time between two readings, unless its threads cannot have used that much CPU in
 * it and the excess is small enough to be a late charge.
 */
export function secondsOfThreads(cpuSeconds: number, seconds: number, threads: number): number {
  const excess = cpuSeconds - threads * seconds;
  return threads > 0 && excess > 0 && excess <= LATE_ROW_SECONDS ? cpuSeconds / threads : seconds;
}

/**
 * The same for many processes whose threads are not counted: CPU slightly above a whole number of cores is reduced to
 * that number.
 */
export function secondsOfCores(cpuSeconds: number, seconds: number): number {
  const cores = Math.round(cpuSeconds / seconds);
  const excess = cpuSeconds - cores * seconds;
  const isLate = cores > 0 && excess > 0 && excess <= Math.min(LATE_SECONDS, LATE_SHARE * seconds);
  return isLate ? cpuSeconds / cores : seconds;
}
