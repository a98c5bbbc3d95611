/**
 * The kernel charges CPU to a running thread up to a scheduler tick after it was used (CONFIG_HZ, 100 at least), so a counter
 * can grow by so much more than the time between two readings.
 */
export const LATE_SECONDS = 0.01;
/** Where CPU is counted in ticks of 10 ms, by up to one of these in addition. */
const LATE_ROW_SECONDS = 2 * LATE_SECONDS;
/** Of very short intervals, late charges may be no larger part than this where the number of threads is not known. */
const LATE_SHARE = 0.25;

/**
 * Seconds that the CPU of one process is a rate over: those between two readings, unless its threads cannot have used so much
 * in them, and what they seem to have used beyond it is no more than late charges.
 */
export function secondsOfThreads(cpuSeconds: number, seconds: number, threads: number): number {
  const excess = cpuSeconds - threads * seconds;
  return threads > 0 && excess > 0 && excess <= LATE_ROW_SECONDS ? cpuSeconds / threads : seconds;
}

/**
 * The same of many processes together, whose threads nobody has counted: a little over a whole number of cores is that
 * number.
 */
export function secondsOfCores(cpuSeconds: number, seconds: number): number {
  const cores = Math.round(cpuSeconds / seconds);
  const excess = cpuSeconds - cores * seconds;
  const isLate = cores > 0 && excess > 0 && excess <= Math.min(LATE_SECONDS, LATE_SHARE * seconds);
  return isLate ? cpuSeconds / cores : seconds;
}
