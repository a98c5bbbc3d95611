/** No collector is waited for longer than this, whatever it asks for: it might have meant milliseconds. */
const LONGEST_SECONDS = 3600;

/**
 * Seconds to wait by a `Retry-After` header (RFC 9110, section 10.2.3): a number of seconds, or an HTTP date in any of
 * its three forms. A time that has passed is 0. Null where there is none, or where it cannot be understood.
 */
export function retryAfterSeconds(header: string | undefined, nowUnixMillis: number): number | null {
  const text = header?.trim() ?? '';
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : secondsUntil(text, nowUnixMillis);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
}

function secondsUntil(date: string, nowUnixMillis: number): number {
  // A date begins with the name of a day; the form of asctime says no zone, and means GMT like the others.
  if (!/^[A-Za-z]{3,9},? /.test(date)) return Number.NaN;
  return (Date.parse(date.endsWith('GMT') ? date : `${date} GMT`) - nowUnixMillis) / 1000;
}
