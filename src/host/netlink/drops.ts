import { readFileSync } from 'node:fs';
import { ParseError } from '../parse-error.ts';

const FILE = '/proc/PID/net/netlink';

/** Columns: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`. */
const PROTOCOL = 1;
const PORT = 2;
const DROPS = 8;

/**
 * Lost messages of the socket with this protocol and port, from `/proc/PID/net/netlink` (net/netlink/af_netlink.c).
 * Undefined if the socket is not listed. Throws ParseError.
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

/** The same for a socket of unitledger; undefined if it cannot be read. */
export function readNetlinkDrops(protocol: number, port: number): number | undefined {
  try {
    return parseNetlinkDrops(readFileSync('/proc/self/net/netlink', 'utf8'), protocol, port);
  } catch {
    // The file is missing in this mount or has another format: the loss is known, only its size is not.
    return undefined;
  }
}
