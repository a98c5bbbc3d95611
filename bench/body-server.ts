import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wait } from './wait.ts';

const PATIENCE_SECONDS = 60;

/** Takes OTLP/HTTP exports of any form, and keeps their bytes, or hands them on. */
export class BodyServer {
  readonly #bodies: Buffer[] = [];
  readonly #server: Server;

  private constructor(take?: (body: Buffer) => void) {
    const taken = take ?? ((body: Buffer) => this.#bodies.push(body));
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        taken(Buffer.concat(chunks));
        const type = request.headers['content-type'] ?? 'application/json';
        response.setHeader('content-type', type).end(type.includes('json') ? '{}' : '');
      });
    });
  }

  /** `take` gets each body; where it is not given, they are kept. */
  static async open(take?: (body: Buffer) => void): Promise<BodyServer> {
    const server = new BodyServer(take);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What came, once there is so much of it. Rejects where that takes too long. */
  async bodies(count: number): Promise<readonly Buffer[]> {
    const deadline = performance.now() + PATIENCE_SECONDS * 1000;
    while (this.#bodies.length < count) {
      if (performance.now() > deadline) throw new Error(`only ${this.#bodies.length} windows came`);
      await wait(0.2);
    }
    return this.#bodies;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
