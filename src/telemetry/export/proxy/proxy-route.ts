import { BlockList, isIP } from 'node:net';
import { printable } from '../../../text/printable.ts';
import type { Destination } from '../otlp-destination.ts';
import { type Environment, setting } from '../otlp-environment.ts';

/** A proxy for requests to the collector. */
export interface HttpProxy {
  /** The URL with credentials, if any: never logged. */
  readonly url: URL;
  /** The URL without credentials, printable. */
  readonly shown: string;
  /** The variable that names the proxy. */
  readonly variable: string;
}

/** How requests reach the collector: through a proxy, or directly. */
export interface ProxyRoute {
  /** Null: directly. */
  readonly proxy: HttpProxy | null;
  /** The reason for no proxy, for people: `NO_PROXY contains ".example.com"`. Null with a proxy. */
  readonly directBecause: string | null;
  /** One printable sentence about an unusable variable; null if there is none. */
  readonly warning: string | null;
}

/** The conventional variables; the lower-case name wins, as in curl and Node. */
const PROXY_VARIABLES = {
  'http:': ['http_proxy', 'HTTP_PROXY'],
  'https:': ['https_proxy', 'HTTPS_PROXY'],
} as const;
const NO_PROXY_VARIABLES = ['no_proxy', 'NO_PROXY'] as const;

/**
 * Chooses the route for HTTP and gRPC. grpc-js has other rules (only lower-case names, `https_proxy` for
 * every scheme) and Node's agent has others (no CIDR, no subdomains), so both get the result instead of the variables.
 * The scheme of the endpoint chooses the variable.
 */
export function proxyRoute(
  environment: Environment,
  { protocol, url, socketPath }: Destination,
  isOn: boolean,
): ProxyRoute {
  if (!isOn) return direct('--otlp-proxy is none');
  if (socketPath !== null) return direct('the endpoint is a Unix socket');
  // Go's net/http has the same exception. The default endpoint is on loopback.
  if (isLoopback(url.hostname)) return direct('the endpoint is on loopback');
  const [variable, value] = firstSet(
    environment,
    PROXY_VARIABLES[url.protocol as keyof typeof PROXY_VARIABLES],
  );
  if (variable === undefined) return direct('no proxy is set');
  const [exclusion, excluded] = firstSet(environment, NO_PROXY_VARIABLES);
  const entry = exclusion === undefined ? null : bypassedBy(excluded, url);
  if (entry !== null) return direct(`${exclusion} contains "${printable(entry)}"`);
  const proxyUrl = proxyUrlOf(value);
  const accepted = protocol === 'grpc' ? ['http:'] : ['http:', 'https:'];
  if (proxyUrl === null || !accepted.includes(proxyUrl.protocol)) {
    const schemes = accepted.map((scheme) => `${scheme}//`).join(' or ');
    const shown = printable(withoutCredentials(value));
    const must = `${variable} is "${shown}"; ${protocol === 'grpc' ? 'gRPC' : 'OTLP'} needs a proxy URL that starts with ${schemes}`;
    return { ...direct(`${variable} cannot be used`), warning: `${must}; connecting without a proxy` };
  }
  return {
    proxy: { url: proxyUrl, shown: shownUrl(proxyUrl), variable },
    directBecause: null,
    warning: null,
  };
}

/** `through proxy http://proxy:3128 (HTTPS_PROXY)`, or `directly (the endpoint is on loopback)`. */
export function describeRoute({ proxy, directBecause }: ProxyRoute): string {
  return proxy === null ? `directly (${directBecause})` : `through ${describeProxy(proxy)}`;
}

/** `proxy http://proxy:3128 (HTTPS_PROXY)` */
export function describeProxy({ shown, variable }: HttpProxy): string {
  return `proxy ${shown} (${variable})`;
}

/** User name and password of a proxy, decoded; null without. */
export function proxyCredentials({ url }: HttpProxy): string | null {
  if (url.username === '' && url.password === '') return null;
  return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
}

function direct(directBecause: string): ProxyRoute {
  return { proxy: null, directBecause, warning: null };
}

function firstSet(
  environment: Environment,
  names: readonly string[],
): readonly [string, string] | readonly [undefined, ''] {
  for (const name of names) {
    const value = setting(environment, name);
    if (value !== undefined) return [name, value];
  }
  return [undefined, ''];
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** `hostname` is that of a URL: IPv6 in brackets. */
function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  // RFC 6761: names below `localhost` are loopback, too.
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  const version = isIP(host);
  return version !== 0 && LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

/** A URL, or `HOST[:PORT]`, which means `http://` as in curl and Go. Null for other values. */
function proxyUrlOf(value: string): URL | null {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url === null || url.hostname === '') return null;
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    return null;
  }
  // Nothing after the port belongs to a proxy.
  url.pathname = '';
  url.search = '';
  url.hash = '';
  return url;
}

function shownUrl(url: URL): string {
  return printable(`${url.protocol}//${url.host}`);
}

/** In a value that is no URL, everything up to the last `@` may be a secret. */
function withoutCredentials(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, '$1***@');
}

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
