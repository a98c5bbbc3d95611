/** Times as the page says them: UTC, as the summary does. */
export function clockTime(unixMillis: number, withSeconds = true): string {
  return new Date(unixMillis).toISOString().slice(11, withSeconds ? 19 : 16);
}

/** A time within a run that began at `startMillis`, as finely as points of so many seconds want it. */
export function pointTime(startMillis: number, seconds: number, stepSeconds: number): string {
  const iso = new Date(startMillis + 1000 * seconds).toISOString();
  return stepSeconds < 1 ? iso.slice(11, 21) : iso.slice(11, 19);
}
