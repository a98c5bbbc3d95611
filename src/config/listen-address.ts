import { isIPv4, isIPv6 } from 'node:net';
import type { ListenAddress } from './config.ts';
import { type Format, textFormat } from './format.ts';

/** If only a port is given, the endpoint is reachable from this machine only. */
const LOOPBACK = '127.0.0.1';
export const HIGHEST_PORT = 65_535;
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** `PORT` or `HOST:PORT`; an IPv6 address in brackets. Port 0 is any free one. The result is `HOST:PORT`. */
export const LISTEN_ADDRESS: Format<string> = {
  ...textFormat(
    `PORT or HOST:PORT with a port up to ${HIGHEST_PORT}, such as 9464, 0.0.0.0:9464 or [::1]:9464`,
    (given) => {
      const match = /^(?:(\[[^\]]*\]|[^:]*):)?(0|[1-9][0-9]{0,4})$/.exec(given);
      const port = Number(match?.[2] ?? Number.NaN);
      const host = match?.[1] ?? LOOPBACK;
      return port <= HIGHEST_PORT && isHost(host) ? `${host.toLowerCase()}:${port}` : null;
    },
  ),
  fileTypes: ['number', 'string'],
};

/** Names in DNS and container networks, and patterns of them. */
const ALLOWED_NAME = /^(?=.{1,255}$)(?:\*|(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*)$/;

/** A name that requests may use for this machine: a host name, `*.DOMAIN`, or `*` for any. */
export const ALLOWED_HOST: Format<string> = textFormat(
  'a host name without a port, such as node1 or *.example.org, or * for any',
  (given) => {
    const name = given.toLowerCase();
    return ALLOWED_NAME.test(name) ? name : null;
  },
);

/** A host name, an IPv4 address, or an IPv6 address in brackets. */
export function isHost(text: string): boolean {
  if (text.startsWith('[')) return isIPv6(text.slice(1, -1));
  // Text that looks like an IPv4 address must be a complete one.
  return /^[0-9.]*$/.test(text) ? isIPv4(text) : HOST_NAME.test(text);
}

/** Converts a result of `LISTEN_ADDRESS`; `named`: source of the setting. */
export function listenAddressOf(text: string, named: string): ListenAddress {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host: host === 'localhost' ? LOOPBACK : host, port: Number(text.slice(colon + 1)), named };
}
