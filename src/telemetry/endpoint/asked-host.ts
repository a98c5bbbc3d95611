import { isIPv4, isIPv6 } from 'node:net';

/** In a list of host names: every name is accepted. */
const ANY_HOST = '*';
/** Before a domain in a list of host names: every name below it. */
const BELOW = '*.';

/**
 * Whether a request with this `Host` (RFC 9110, 7.2) was meant for this machine. IP addresses and localhost always are, other
 * names where `names` has them, as `node1`, `*.example.org` or `*`. The owner of a hostile page can have any other name
 * resolve to this machine, and then reads the answer as that of the page's own site (DNS rebinding). Undefined: there was
 * no such header, which no browser leaves out and HTTP/1.0 does not need.
 */
export function isAskedFor(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined || names.includes(ANY_HOST)) return true;
  const name = host.replace(/:[0-9]{0,5}$/, '').toLowerCase();
  if (name.startsWith('[')) return name.endsWith(']') && isIPv6(name.slice(1, -1));
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  if (isIPv4(plain) || plain === 'localhost' || plain.endsWith('.localhost')) return true;
  return plain !== '' && names.some((each) => isNamed(plain, each.toLowerCase()));
}

function isNamed(name: string, listed: string): boolean {
  return listed.startsWith(BELOW) ? name.endsWith(listed.slice(1)) : name === listed;
}
