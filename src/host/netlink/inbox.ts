import { constants } from 'node:os';
import { ParseError } from '../parse-error.ts';
import { readNetlinkDrops } from './drops.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** What comes to a netlink socket, datagram by datagram, and how much of it was lost. */
export class NetlinkInbox {
  /** Messages that had no room in the socket's buffer, or could not be read. */
  lost = 0;
  readonly #socket: NetlinkSocket;
  readonly #buffer: Buffer;
  readonly #protocol: number;
  /** Counted by the kernel so far. */
  #drops = 0;

  /** No message is longer than `bytes`. */
  constructor(socket: NetlinkSocket, protocol: number, bytes: number) {
    this.#socket = socket;
    this.#buffer = Buffer.alloc(bytes);
    this.#protocol = protocol;
  }

  /** Hands on every datagram that has come, without waiting. One for which `take` throws ParseError is lost. */
  drain(take: (datagram: Buffer, length: number) => void): void {
    for (;;) {
      const length = this.#socket.receive(this.#buffer);
      if (length >= 0) this.#take(length, take);
      else if (length === -constants.errno.ENOBUFS) this.#countDrops();
      else if (length !== -constants.errno.EINTR) return;
    }
  }

  /** The kernel reports an overrun once, without a number: at least one where that cannot be read. */
  #countDrops(): void {
    const drops = readNetlinkDrops(this.#protocol, this.#socket.port) ?? this.#drops + 1;
    this.lost += Math.max(0, drops - this.#drops);
    this.#drops = drops;
  }

  #take(length: number, take: (datagram: Buffer, length: number) => void): void {
    try {
      if (length > this.#buffer.length)
        throw new ParseError('netlink message', 'all of it', `${length} bytes`);
      take(this.#buffer, length);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.lost++;
    }
  }
}
