import { constants } from 'node:os';
import { ParseError } from '../parse-error.ts';
import { readNetlinkDrops } from './drops.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** Receives the datagrams of a netlink socket, and counts lost ones. */
export class NetlinkInbox {
  /** Messages lost because the socket's buffer was full, or that could not be parsed. */
  lost = 0;
  readonly #socket: NetlinkSocket;
  readonly #buffer: Buffer;
  readonly #protocol: number;
  /** The kernel's count so far. */
  #drops = 0;

  /** `bytes`: maximum length of a message. */
  constructor(socket: NetlinkSocket, protocol: number, bytes: number) {
    this.#socket = socket;
    this.#buffer = Buffer.alloc(bytes);
    this.#protocol = protocol;
  }

  /**
   * Passes on all available datagrams, without blocking. A datagram for which `take` throws ParseError counts as lost.
   */
  drain(take: (datagram: Buffer, length: number) => void): void {
    for (;;) {
      const length = this.#socket.receive(this.#buffer);
      if (length >= 0) {
        this.#take(length, take);
        // Saves a call, which would find nothing.
        if (this.#socket.isEmptied === true) return;
      } else if (length === -constants.errno.ENOBUFS) this.#countDrops();
      else if (length !== -constants.errno.EINTR) return;
    }
  }

  /** The kernel reports an overrun once, without a number: at least 1 if the number cannot be read. */
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
