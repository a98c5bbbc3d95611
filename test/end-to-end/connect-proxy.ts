import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A request to a proxy. */
export interface ProxyRequest {
  /** `CONNECT collector.test:4317`, or `POST http://collector.test:4318/v1/metrics`. */
  readonly line: string;
  /** `user:password`; null if missing. */
  readonly credentials: string | null;
}

/**
 * A small HTTP proxy: tunnels (CONNECT), and requests with an absolute URL. Every host name leads to loopback, so that
 * endpoints can have unresolvable names.
 */
export class ConnectProxy {
  readonly requests: ProxyRequest[] = [];
  /** Status of every answer instead of a tunnel or a response; null: normal operation. `silent`: no answer. */
  fault: number | 'silent' | null = null;
  readonly #server: Server;
  readonly #sockets: Set<Duplex> = new Set();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#note(request);
      if (this.fault === 'silent') return;
      if (this.fault !== null) return void response.writeHead(this.fault).end();
      const { port, pathname, search } = new URL(request.url!);
      const { method, headers } = request;
      const options = {
        host: '127.0.0.1',
        port,
        path: `${pathname}${search}`,
        method,
        headers,
        agent: false,
      };
      const onward = httpRequest(options, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.writeHead(502).end());
      request.pipe(onward);
    });
    this.#server.on('connection', (socket: Socket) => this.#keep(socket));
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#note(request);
      // A server's sockets stay half open until they are ended here, too.
      if (this.fault !== null) socket.resume().once('end', () => socket.end());
      if (this.fault === 'silent') return;
      if (this.fault !== null)
        return void socket.end(`HTTP/1.1 ${this.fault} No\r\nContent-Length: 0\r\n\r\n`);
      const port = Number(request.url!.split(':').at(-1));
      const onward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      this.#keep(onward);
      onward.on('error', () => socket.destroy());
    });
  }

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #note({ method, url, headers }: IncomingMessage): void {
    const [, encoded] = /^Basic (.*)$/.exec(headers['proxy-authorization'] ?? '') ?? [];
    const credentials = encoded === undefined ? null : Buffer.from(encoded, 'base64').toString();
    this.requests.push({ line: `${method} ${url}`, credentials });
  }
}
