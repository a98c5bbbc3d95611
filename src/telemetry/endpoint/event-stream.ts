import type { ServerResponse } from 'node:http';

/** Within which what was sent must have been taken. */
const TAKEN_MILLIS = 30_000;
/** How soon a browser asks again when the stream has broken off. */
const RETRY_MILLIS = 2_000;

/** Their content type. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** Server-sent events to one client (HTML Living Standard, 9.2). One that does not read is let go of. */
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
    // Nothing else is asked for on this connection, which is counted as a stream.
    response.writeHead(200, { 'content-type': EVENT_STREAM, connection: 'close' });
    response.write(`retry: ${RETRY_MILLIS}\n\n`);
  }

  /** What was sent last has not all been taken. */
  get isBehind(): boolean {
    return this.#response.writableNeedDrain;
  }

  /** Sends a message; it must be without line ends, as JSON is. */
  send(message: string): void {
    if (this.#response.destroyed) return;
    const isTaken = this.#response.write(`data: ${message}\n\n`);
    if (!isTaken) this.#deadline ??= setTimeout(() => this.#response.destroy(), TAKEN_MILLIS).unref();
  }

  /** Calls `act` when the client has gone, or was let go of. */
  onClose(act: () => void): void {
    this.#response.once('close', act);
  }

  /** Ends the stream once all has been taken, or after so long. Resolves when it has ended. */
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
