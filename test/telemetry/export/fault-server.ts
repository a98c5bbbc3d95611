import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A received request. */
export interface Received {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A collector with configurable misbehaviour. */
export class FaultServer {
  answer: Answer = taken;
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', headers } = request;
        this.received.push({ method, headers, body: Buffer.concat(chunks) });
        this.answer(request, response);
      });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<FaultServer> {
    const server = new FaultServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/metrics`;
  }

  get requests(): number {
    return this.received.length;
  }

  /** Waits until a condition holds; throws after ten seconds. */
  async until(isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`in vain: ${isSo}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const taken: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
};

export function status(code: number, body = '', headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, headers).end(body);
  };
}

/** One byte every few milliseconds, without an end. */
export const drip: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(timer));
};

/** Reads the request, and never answers. */
export const silence: Answer = () => {};
