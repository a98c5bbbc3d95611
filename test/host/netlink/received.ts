import type { Datagram } from '../../../src/host/netlink/netlink-socket.ts';

/** Bytes around a datagram, as others lie beside it in a socket's memory. */
const BESIDE = Buffer.alloc(12, 0xff);

/** Gives the bytes as the kernel would: somewhere in the socket's memory. Returns their number. */
export function received(bytes: Buffer, datagram: Datagram): number {
  datagram.buffer = Buffer.concat([BESIDE, bytes, BESIDE]);
  datagram.start = BESIDE.length;
  return bytes.length;
}
