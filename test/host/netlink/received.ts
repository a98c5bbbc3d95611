import type { Datagram } from '../../../src/host/netlink/netlink-socket.ts';

/** Bytes before and after a datagram: in the memory of a socket, these belong to other datagrams. */
const SURROUNDING = Buffer.alloc(12, 0xff);

/** Gives the bytes as the kernel would: somewhere in the socket's memory. Returns their number. */
export function received(bytes: Buffer, datagram: Datagram): number {
  datagram.buffer = Buffer.concat([SURROUNDING, bytes, SURROUNDING]);
  datagram.start = SURROUNDING.length;
  return bytes.length;
}
