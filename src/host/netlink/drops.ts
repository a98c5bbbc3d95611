import { readFileSync } from 'node:fs';
import { ParseError } from '../parse-error.ts';

const FILE = '/proc/PID/net/netlink';

/** Columns: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`. */
const PROTOCOL = 1;
const PORT = 2;
const DROPS = 8;

/**
 * Messages that had no room in the receive buffer of the socket with this protocol and port, out of
 * `/proc/PID/net/netlink` (net/netlink/af_netlink.c). Undefined where the socket is not listed. Throws ParseError.
 */
export function parseNetlinkDrops(text: string, protocol: number, port: number): number | undefined {
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[PROTOCOL] !== String(protocol) || fields[PORT] !== String(port)) continue;
    const drops = fields[DROPS] ?? '';
    if (!/^\d+$/.test(drops)) throw new ParseError(FILE, 'Drops', line);
    return Number(drops);
  }
  return undefined;
}

/** The same for a socket of this program's own; undefined where it cannot be read. */
export function readNetlinkDrops(protocol: number, port: number): number | undefined {
  try {
    return parseNetlinkDrops(readFileSync('/proc/self/net/netlink', 'utf8'), protocol, port);
  } catch {
    // No such file in this mount, or not as documented: the loss itself is still known, only its size is not.
    return undefined;
  }
}
