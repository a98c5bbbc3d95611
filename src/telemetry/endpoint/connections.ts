import type { Socket } from 'node:net';

interface Connection {
  readonly address: string;
  /** Requests of it that are being answered. */
  answers: number;
}

/**
 * Keeps the connections of a server at a bounded number and still takes every new one: another is closed for it. So nobody
 * who holds connections open keeps a probe from its answer. The client address with the most connections loses one first,
 * and of those one that is not being answered: a kept-alive one, or one that has not sent its request.
 */
export class Connections {
  readonly #most: number;
  /** The one that was idle longest first. */
  readonly #open = new Map<Socket, Connection>();

  constructor(most: number) {
    this.#most = most;
  }

  /** A new one; makes room for it. */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (this.#open.size >= this.#most) this.#victim(address)?.destroy();
    this.#open.set(socket, { address, answers: 0 });
    socket.once('close', () => this.#open.delete(socket));
  }

  /** A request of it begins to be answered. */
  begin(socket: Socket): void {
    this.#change(socket, 1);
  }

  /** That has ended. */
  end(socket: Socket): void {
    this.#change(socket, -1);
  }

  /** It is counted no more: it has a limit of its own. */
  release(socket: Socket): void {
    this.#open.delete(socket);
  }

  #change(socket: Socket, by: 1 | -1): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.answers += by;
    this.#open.delete(socket);
    this.#open.set(socket, connection);
  }

  /** Which one goes for a new one from `newcomer`. */
  #victim(newcomer: string): Socket | undefined {
    const counts = new Map([[newcomer, 1]]);
    for (const { address } of this.#open.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
    const most = Math.max(...counts.values());
    let idle: Socket | undefined;
    let ofHeaviest: Socket | undefined;
    for (const [socket, { address, answers }] of this.#open) {
      if (socket.destroyed) continue;
      const isHeaviest = counts.get(address) === most;
      if (isHeaviest && answers === 0) return socket;
      if (answers === 0) idle ??= socket;
      if (isHeaviest) ofHeaviest ??= socket;
    }
    return idle ?? ofHeaviest ?? this.#open.keys().next().value;
  }
}
