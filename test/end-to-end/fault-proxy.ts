import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request of a program to a collector, and its outcome at the proxy. */
export interface ProxiedRequest {
  readonly body: Buffer;
  /** Digest of the body: equal bytes have equal digests. */
  readonly digest: string;
  /** The collector behind the proxy accepted it. */
  taken: boolean;
  /** The program was notified, as far as the proxy knows. */
  acknowledged: boolean;
}

/** Behaviour of the proxy for a request. */
export type Fault = (exchange: Exchange) => void | Promise<void>;

/** A received request without an answer yet. */
interface Exchange {
  readonly request: ProxiedRequest;
  readonly response: ServerResponse;
  /** Cuts the connection. */
  reset(): void;
  /** Forwards the request to the collector, and returns its answer. */
  forward(): Promise<CollectorAnswer>;
}

interface CollectorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** A small HTTP proxy between a program and a collector with configurable faults. */
export class FaultProxy {
  /** Behaviour for requests from now on. */
  fault: Fault = pass;
  readonly requests: ProxiedRequest[] = [];
  #target: string;
  #port = 0;
  #server: Server | null = null;
  readonly #sockets: Set<Socket> = new Set();

  private constructor(target: string) {
    this.#target = target;
  }

  /** `target`: endpoint of a collector. */
  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await proxy.open();
    return proxy;
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`; constant. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Changes the collector behind the proxy. */
  leadTo(target: string): void {
    this.#target = target;
  }

  /** Listens again, on the same port. */
  async open(): Promise<void> {
    const server = createServer((incoming, response) => {
      this.#take(incoming, response).catch(() => response.destroy());
    });
    // Tests decide how long connections stay open.
    server.requestTimeout = 0;
    server.keepAliveTimeout = 0;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Stops listening, and cuts all connections. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await wholeBody(incoming);
    const digest = createHash('sha256').update(body).digest('hex');
    const request: ProxiedRequest = { body, digest, taken: false, acknowledged: false };
    this.requests.push(request);
    const contentType = incoming.headers['content-type'] ?? '';
    await this.fault({
      request,
      response,
      reset: () => incoming.socket.resetAndDestroy(),
      forward: async () => {
        const answer = await post(`${this.#target}${incoming.url}`, contentType, body);
        request.taken = answer.status < 300;
        return answer;
      },
    });
  }
}

/** Passes requests through. Without a collector the answer is a bad gateway. */
export const pass: Fault = async ({ request, response, forward }) => {
  try {
    const { status, contentType, body } = await forward();
    acknowledge(request, response);
    response.writeHead(status, { 'content-type': contentType }).end(body);
  } catch {
    response.writeHead(502).end();
  }
};

/** Call before the answer is written. A program that has hung up is not notified. */
function acknowledge(request: ProxiedRequest, response: ServerResponse): void {
  // A response learns of a connection that was just cut with a delay.
  request.acknowledged = request.taken && response.socket?.destroyed === false;
}

/** The collector accepts the request, but the program gets no answer. */
export const loseAnswer: Fault = async ({ forward, reset }) => {
  await forward();
  reset();
};

export const reset: Fault = ({ reset: cut }) => cut();

/** Reads the request, and never answers. */
export const blackHole: Fault = () => {};

/** Answers with success, one byte at a time, without an end; the collector never gets the request. */
export const drip: Fault = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000000' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};

/** Answers with a status; the collector never gets the request. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}, body = ''): Fault {
  return ({ response }) => void response.writeHead(code, headers).end(body);
}

/** The collector accepts the request; the answer reports rejected points. */
export function partialSuccess(rejectedDataPoints: number, errorMessage: string): Fault {
  return async ({ request, response, forward }) => {
    await forward();
    acknowledge(request, response);
    const partial = { partialSuccess: { rejectedDataPoints: String(rejectedDataPoints), errorMessage } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(partial));
  };
}

/** Passes everything through after a delay. */
export function slow(millis: number): Fault {
  return async (exchange) => {
    await new Promise((resolve) => setTimeout(resolve, millis));
    await pass(exchange);
  };
}

function post(url: string, contentType: string, body: Buffer): Promise<CollectorAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.length };
    const request = httpRequest(url, { method: 'POST', headers, agent: false }, (response) => {
      const { statusCode = 0, headers: answered } = response;
      wholeBody(response).then(
        (content) =>
          resolve({ status: statusCode, contentType: answered['content-type'] ?? '', body: content }),
        reject,
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
