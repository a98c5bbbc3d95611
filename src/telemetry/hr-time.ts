import type { HrTime } from '@opentelemetry/api';

/** Milliseconds since the epoch, as the SDK's pair of seconds and nanoseconds. */
export function hrTimeOf(unixMillis: number): HrTime {
  const seconds = Math.floor(unixMillis / 1000);
  const nanoseconds = Math.round((unixMillis - seconds * 1000) * 1e6);
  return nanoseconds < 1e9 ? [seconds, nanoseconds] : [seconds + 1, 0];
}

/** A pair as ISO 8601, in milliseconds. */
export function isoOfHrTime([seconds, nanoseconds]: HrTime): string {
  return new Date(seconds * 1000 + nanoseconds / 1e6).toISOString();
}
