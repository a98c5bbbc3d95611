import type { Socket } from 'node:net';

interface Connection {
  readonly address: string;
  /** Requests on it that are being answered. */
  answers: number;
}

/**
 * Bounds the number of connections of a server without refusing new ones: it closes another one instead. So no client
 * that holds connections open keeps a probe from its answer. The client address with most connections loses one first,
 * and of those an idle one: kept alive, or without a complete request.
 */
export class Connections {
  readonly #most: number;
  /** Longest idle first. */
  readonly #open = new Map<Socket, Connection>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds a connection, and closes another one if there are too many. */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (this.#open.size >= this.#most) this.#victim(address)?.destroy();
    this.#open.set(socket, { address, answers: 0 });
    socket.once('close', () => this.#open.delete(socket));
  }

  /** A request on the connection starts to be answered. */
  begin(socket: Socket): void {
    this.#change(socket, 1);
  }

  /** The answer has ended. */
  end(socket: Socket): void {
    this.#change(socket, -1);
  }

  /** Excludes a connection that has a limit of its own. */
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

  /** The connection to close for a new one from `newcomer`. */
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
