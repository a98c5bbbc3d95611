import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { freePorts } from './loopback.ts';

/** One request that a backend accepted. */
export interface Accepted {
  readonly path: string;
  /** Without its content encoding. */
  readonly body: Buffer;
}

/** An HTTP backend for tests. It accepts every request while it is open, and can be closed and reopened. */
export class Intake {
  readonly url: string;
  readonly accepted: Accepted[] = [];
  readonly #port: number;
  #server: Server | undefined;

  private constructor(port: number) {
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async open(): Promise<Intake> {
    const [port] = (await freePorts(1)) as [number];
    const intake = new Intake(port);
    await intake.open();
    return intake;
  }

  /** Opens it; no effect if it is open. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#server = createServer(async (request, response) => {
      try {
        const sent = await buffer(request);
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
        this.accepted.push({ path: request.url!, body });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"valid":true}');
      } catch {
        // Incomplete request: not accepted.
        response.destroy();
      }
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Closes it: new connections are refused, and existing ones are cut. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}
