import { BlockList, isIP } from 'node:net';

/**
 * The entry of a `NO_PROXY` list that excludes the host of `url`; null if none does. Entries are separated by commas or
 * white space. An entry is `*`, a host name, which covers its subdomains (`example.com`, `.example.com` and
 * `*.example.com` are equal, as in curl), an IP address, or a CIDR block; each but the block may end in `:PORT`.
 */
export function bypassedBy(list: string, url: URL): string | null {
  const host = bare(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  return entries.find((entry) => covers(entry.toLowerCase(), host, port)) ?? null;
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInBlock(host, entry);
  const [name, ofPort] = split(entry);
  if (ofPort !== null && ofPort !== port) return false;
  if (isIP(name) !== 0) return isInBlock(host, name);
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`)));
}

/** Host without brackets, and port. A bare IPv6 address has no port. */
function split(entry: string): readonly [string, string | null] {
  if (isIP(entry) === 6) return [entry, null];
  const [, host = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return [bare(host), port ?? null];
}

/** `block` is an address, or an address and a prefix length. */
function isInBlock(host: string, block: string): boolean {
  const hostVersion = isIP(host);
  const [address = '', prefix] = block.split('/');
  const version = isIP(address);
  if (hostVersion === 0 || version === 0) return false;
  const longest = version === 6 ? 128 : 32;
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(length <= longest)) return false;
  const list = new BlockList();
  list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  return list.check(host, hostVersion === 6 ? 'ipv6' : 'ipv4');
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
