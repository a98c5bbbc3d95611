import { constants } from 'node:os';
import { ParseError } from '../parse-error.ts';
import { readNetlinkDrops } from './drops.ts';
import { Datagram, type NetlinkSocket } from './netlink-socket.ts';

/** Receives the bytes from `start` to `end`, which are valid until it returns. */
export type DatagramSink = (buffer: Buffer, start: number, end: number) => void;

/** Receives the datagrams of a netlink socket, and counts lost ones. */
export class NetlinkInbox {
  /** Messages lost because the socket's buffer was full, or that could not be parsed. */
  lost = 0;
  readonly #socket: NetlinkSocket;
  readonly #datagram = new Datagram();
  readonly #mostBytes: number;
  readonly #protocol: number;
  /** The kernel's count so far. */
  #drops = 0;

  /** `mostBytes`: maximum length of a message. */
  constructor(socket: NetlinkSocket, protocol: number, mostBytes: number) {
    this.#socket = socket;
    this.#mostBytes = mostBytes;
    this.#protocol = protocol;
  }

  /**
   * Passes on all available datagrams, without blocking. A datagram for which `take` throws ParseError counts as lost.
   */
  drain(take: DatagramSink): void {
    for (;;) {
      const length = this.#socket.receive(this.#datagram);
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

  #take(length: number, take: DatagramSink): void {
    const { buffer, start } = this.#datagram;
    try {
      if (length > this.#mostBytes) throw new ParseError('netlink message', 'all of it', `${length} bytes`);
      take(buffer, start, start + length);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.lost++;
    }
  }
}
