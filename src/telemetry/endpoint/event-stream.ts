import type { ServerResponse } from 'node:http';

/** Time limit for a client to receive a message. */
const TAKEN_MILLIS = 30_000;
/** Time after which a browser reconnects a broken stream. */
const RETRY_MILLIS = 2_000;

/** Content type of server-sent events. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** Server-sent events to one client (HTML Living Standard, 9.2). A client that does not read is disconnected. */
export class EventStream {
  readonly #response: ServerResponse;
  #deadline: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once('close', () => clearTimeout(this.#deadline));
    response.on('drain', () => {
      clearTimeout(this.#deadline);
      this.#deadline = undefined;
    });
    // This connection serves no other request and counts as a stream.
    response.writeHead(200, { 'content-type': EVENT_STREAM, connection: 'close' });
    response.write(`retry: ${RETRY_MILLIS}\n\n`);
  }

  /** The client has not received the last message completely. */
  get isBehind(): boolean {
    return this.#response.writableNeedDrain;
  }

  /** Sends a message without line ends, such as JSON. */
  send(message: string): void {
    if (this.#response.destroyed) return;
    const isTaken = this.#response.write(`data: ${message}\n\n`);
    if (!isTaken) this.#deadline ??= setTimeout(() => this.#response.destroy(), TAKEN_MILLIS).unref();
  }

  /** Calls `act` when the client has disconnected or was disconnected. */
  onClose(act: () => void): void {
    this.#response.once('close', act);
  }

  /** Ends the stream when everything was received, or after the time limit. Resolves when it has ended. */
  async end(atMostMillis: number): Promise<void> {
    if (this.#response.destroyed) return;
    const deadline = setTimeout(() => this.#response.destroy(), atMostMillis);
    await new Promise<void>((resolve) => {
      this.#response.once('close', resolve);
      this.#response.end();
    });
    clearTimeout(deadline);
  }
}
