import { isIPv4, isIPv6 } from 'node:net';

/**
 * Whether a request that says `host` (RFC 9110, 7.2) was meant for this machine: an address, localhost, or one of `names`.
 * Any other name may be one that a hostile page's owner has resolve to this machine (DNS rebinding); an address never is.
 */
export function isAskedFor(host: string, names: readonly string[]): boolean {
  const name = host.replace(/:[0-9]{1,5}$/, '').toLowerCase();
  if (isIPv4(name) || name === 'localhost' || name.endsWith('.localhost')) return true;
  if (name.startsWith('[') && name.endsWith(']')) return isIPv6(name.slice(1, -1));
  return names.some((each) => each.toLowerCase() === name);
}
