import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of another origin has its browser ask. Browsers say so in `Sec-Fetch-Site` (Fetch Metadata) to what they
 * take for trustworthy, which loopback is, and in `Origin` (RFC 6454) where a script would read the answer. Programs that are
 * no browser send neither. Following a link from another site is not meant: it shows the page to its own reader.
 */
export function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
    if (!isNavigation) return true;
  }
  const { origin, host } = headers;
  return origin !== undefined && hostOf(origin) !== host?.toLowerCase();
}

/** Host and port of an origin; undefined for `null` and for what is none. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
