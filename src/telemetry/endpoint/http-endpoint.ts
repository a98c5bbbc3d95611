import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { TelemetrySetupError } from '../export/setup-error.ts';
import { EventStream } from './event-stream.ts';

/** What one path answers. */
export interface Page {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Pages by their paths. Each is made when it is asked for, from what is known then. */
export type Pages = Readonly<Record<`/${string}`, () => Page | Promise<Page>>>;

/** What a server does beyond its pages. */
export interface EndpointExtras {
  /** Streams of events by their paths: each is handed over to whoever feeds it. */
  readonly streams?: Readonly<Record<`/${string}`, (stream: EventStream) => void>>;
  /** Whether a request for this `Host` is answered; all are, where it is not given. */
  readonly isHost?: (host: string) => boolean;
}

export interface EndpointAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The option or variable that asks for it, for messages. */
  readonly named: string;
}

/** More connections than these are closed at once. */
const MOST_CONNECTIONS = 32;
/** Within which a request must have come whole. */
const REQUEST_MILLIS = 5_000;
/** Within which an answer must have been taken. */
const ANSWER_MILLIS = 30_000;
const HEADER_BYTES = 8 * 1024;
/** Streams that are open at a time. */
const MOST_STREAMS = 8;
const TEXT = 'text/plain; charset=utf-8';

/**
 * An HTTP server for a few pages of text. Nothing that a client does or leaves undone holds it up: times, sizes and
 * connections are bounded, and only GET and HEAD are answered.
 */
export class HttpEndpoint {
  readonly #server: Server;
  readonly #pages: Pages;
  readonly #extras: EndpointExtras;
  readonly #streams = new Set<EventStream>();

  private constructor(pages: Pages, extras: EndpointExtras) {
    this.#pages = pages;
    this.#extras = extras;
    this.#server = createServer(
      {
        headersTimeout: REQUEST_MILLIS,
        requestTimeout: REQUEST_MILLIS,
        keepAliveTimeout: REQUEST_MILLIS,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: HEADER_BYTES,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Listens. Throws TelemetrySetupError where that cannot be had. */
  static async open(
    { host, port, named }: EndpointAddress,
    pages: Pages,
    extras: EndpointExtras = {},
  ): Promise<HttpEndpoint> {
    const endpoint = new HttpEndpoint(pages, extras);
    await new Promise<void>((resolve, reject) => {
      endpoint.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const address = `${hostInUrl(host)}:${port}`;
        const message = `${named} asks for ${address}, where it is not possible to listen: ${reasonOf(cause)}.`;
        reject(new TelemetrySetupError(message, { cause }));
      });
      endpoint.#server.listen({ host, port }, resolve);
    });
    return endpoint;
  }

  /** Where it listens, without a path. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${hostInUrl(address)}:${port}`;
  }

  /** Ends all streams once what was sent is taken, or after so long. */
  async endStreams(atMostMillis: number): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.end(atMostMillis)));
  }

  /** Stops, whatever clients still wait for. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const deadline = setTimeout(() => response.destroy(), ANSWER_MILLIS);
    response.once('close', () => clearTimeout(deadline));
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // What such a request may bring along is not read.
      response.setHeader('connection', 'close');
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, TEXT, 'only GET and HEAD are answered here\n');
      return;
    }
    const { streams = {}, isHost = () => true } = this.#extras;
    if (!isHost(request.headers.host ?? '')) {
      // A page of another site may have its name resolve to this machine: what it asks for is none of its business.
      send(response, 403, TEXT, 'ask for this page by an address, or as localhost\n');
      return;
    }
    const path = (request.url ?? '').split('?', 1)[0]!;
    if (request.method === 'GET' && Object.hasOwn(streams, path)) {
      clearTimeout(deadline);
      this.#stream(response, streams[path as `/${string}`]!);
      return;
    }
    const page = Object.hasOwn(this.#pages, path) ? this.#pages[path as `/${string}`] : undefined;
    if (page === undefined) {
      const known = `there are ${Object.keys(this.#pages).join(', ')}\n`;
      send(response, 404, TEXT, known);
      return;
    }
    try {
      const { status, contentType, body, headers = {} } = await page();
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      send(response, status, contentType, body);
    } catch {
      // Such a page is a defect; what it was about is nothing to tell to whoever asks.
      send(response, 500, TEXT, 'this page could not be made\n');
    }
  }

  #stream(response: ServerResponse, take: (stream: EventStream) => void): void {
    if (this.#streams.size >= MOST_STREAMS) {
      send(response, 503, TEXT, `${MOST_STREAMS} look at this already: close one of them\n`);
      return;
    }
    const stream = new EventStream(response);
    this.#streams.add(stream);
    response.once('close', () => this.#streams.delete(stream));
    take(stream);
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function hostInUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return `something else listens there (${code}); name another port, or stop it`;
    case 'EACCES':
      return `it is not permitted (${code}); ports below 1024 are root's, so name a higher one`;
    case 'EADDRNOTAVAIL':
      return `that is no address of this machine (${code}); 127.0.0.1 and 0.0.0.0 are on every one`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `there is no such host name (${code}); name an address of this machine`;
    default:
      return code ?? message;
  }
}
