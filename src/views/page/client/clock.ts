/** Times on the page: UTC, like in the summary. */
export function clockTime(unixMillis: number): string {
  return new Date(unixMillis).toISOString().slice(11, 19);
}

/** A time within a run that began at `startMillis`, with the precision of points of this many seconds. */
export function pointTime(startMillis: number, seconds: number, stepSeconds: number): string {
  const iso = new Date(startMillis + 1000 * seconds).toISOString();
  return stepSeconds < 1 ? iso.slice(11, 21) : iso.slice(11, 19);
}
