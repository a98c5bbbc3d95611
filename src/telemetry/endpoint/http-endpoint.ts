import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, isIPv4, isIPv6 } from 'node:net';
import { TelemetrySetupError } from '../export/setup-error.ts';
import type { Visitor } from '../scrapers.ts';
import { type Accepts, acceptsOf } from './accepts.ts';
import { Connections } from './connections.ts';
import { EVENT_STREAM, EventStream } from './event-stream.ts';
import { MOST_CONNECTIONS } from './most-connections.ts';

/** In a list of host names: every name is accepted. */
const ANY_HOST = '*';

/** Before a domain in a list of host names: every name below it. */
const BELOW = '*.';

/** What one path answers. */
export interface Page {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once the client was sent all of the body: not for HEAD, and not if the connection ends before. */
  readonly onSent?: () => void;
}

/** Makes a page when it is requested; `query` is the part of the target after `?`. */
type PageMaker = (visitor: Visitor, accepts: Accepts, query: string) => Page | Promise<Page>;

/** Pages by their paths. */
export type Pages = Readonly<Record<`/${string}`, PageMaker>>;

/** What a server does beyond its pages. */
export interface EndpointExtras {
  /** Names of this machine that requests may use, beside the one that it listens at (`isAskedFor`). */
  readonly hosts?: readonly string[];
  /** Streams of events by their paths: each client is handed to the stream's `attach`. */
  readonly streams?: Readonly<Record<`/${string}`, (stream: EventStream) => void>>;
  /**
   * Known to the server's own pages alone. A stream that is asked for with this query takes the place of one without it where
   * there is no room.
   */
  readonly streamKey?: string;
  /** Most connections that are open at a time, and most streams if those are fewer; `MOST_CONNECTIONS` if not given. */
  readonly connections?: number;
}

export interface EndpointAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The option or variable that asks for it, for messages. */
  readonly named: string;
}

/** Within which a request must have come whole. */
const REQUEST_MILLIS = 5_000;
/** Within which an answer must have been taken. */
const ANSWER_MILLIS = 30_000;
const HEADER_BYTES = 8 * 1024;
/** Streams that are open at a time. */
const MOST_STREAMS = 8;
/** Within which a stream that makes room for another has to have taken what it was sent. */
const GIVE_WAY_MILLIS = 1_000;
const TEXT = 'text/plain; charset=utf-8';

/** Headers of every answer. No other site may embed one or guess at its content. */
const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * An HTTP server for a few pages of text. Nothing that a client does or leaves undone holds it up: times, sizes and
 * connections are bounded, and only GET and HEAD are answered. Pages of other sites read nothing here: names that may be
 * theirs and requests that their scripts make are refused.
 */
export class HttpEndpoint {
  readonly #server: Server;
  readonly #pages: Pages;
  readonly #extras: EndpointExtras;
  readonly #hosts: readonly string[];
  readonly #connections: Connections;
  readonly #mostStreams: number;
  /** True: it was asked for with the key. */
  readonly #streams = new Map<EventStream, boolean>();

  private constructor(host: string, pages: Pages, extras: EndpointExtras) {
    this.#pages = pages;
    this.#extras = extras;
    const { connections = MOST_CONNECTIONS } = extras;
    this.#connections = new Connections(connections);
    this.#mostStreams = Math.min(MOST_STREAMS, connections);
    this.#hosts = [host, ...(extras.hosts ?? [])];
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
    this.#server.on('connection', (socket) => this.#connections.add(socket));
  }

  /** Listens. Throws TelemetrySetupError where that cannot be had. */
  static async open(
    { host, port, named }: EndpointAddress,
    pages: Pages,
    extras: EndpointExtras = {},
  ): Promise<HttpEndpoint> {
    const endpoint = new HttpEndpoint(host, pages, extras);
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
    await Promise.all([...this.#streams.keys()].map((stream) => stream.end(atMostMillis)));
  }

  /** Stops, whatever clients still wait for. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const deadline = setTimeout(() => response.destroy(), ANSWER_MILLIS);
    this.#connections.begin(socket);
    response.once('close', () => {
      clearTimeout(deadline);
      this.#connections.end(socket);
    });
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // What such a request may bring along is not read.
      response.setHeader('connection', 'close');
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, TEXT, 'only GET and HEAD are answered here\n');
      return;
    }
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      send(response, 403, TEXT, `${refusal}\n`);
      return;
    }
    const [path, query] = splitTarget(request.url ?? '');
    const { streams = {} } = this.#extras;
    if (Object.hasOwn(streams, path)) {
      clearTimeout(deadline);
      this.#stream(request, response, query, streams[path as `/${string}`]!);
      return;
    }
    const page = Object.hasOwn(this.#pages, path) ? this.#pages[path as `/${string}`] : undefined;
    if (page === undefined) {
      const known = `there are ${Object.keys(this.#pages).join(', ')}\n`;
      send(response, 404, TEXT, known);
      return;
    }
    try {
      const {
        status,
        contentType,
        body,
        headers = {},
        onSent,
      } = await page(visitorOf(request), acceptsOf(request.headers), query);
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (onSent !== undefined && request.method === 'GET') response.once('finish', onSent);
      send(response, status, contentType, body);
    } catch {
      // Such a page is a defect; its cause is not disclosed to the client.
      send(response, 500, TEXT, 'this page could not be made\n');
    }
  }

  /** Why a request is not answered, in one line; undefined: it is. */
  #refusalOf({ headers }: IncomingMessage): string | undefined {
    if (!isAskedFor(headers.host, this.#hosts))
      return 'this host name is not allowed: use an IP address or localhost, or list the name in --allowed-hosts';
    if (isCrossSite(headers)) return 'requests of pages of other sites are refused';
    return undefined;
  }

  #stream(
    request: IncomingMessage,
    response: ServerResponse,
    query: string,
    take: (stream: EventStream) => void,
  ): void {
    if (request.method === 'HEAD') {
      send(response, 200, EVENT_STREAM, '');
      return;
    }
    const hasKey = query === this.#extras.streamKey;
    if (this.#streams.size >= this.#mostStreams && !(hasKey && this.#giveWay())) {
      send(response, 503, TEXT, `${this.#mostStreams} look at this already: close one of them\n`);
      return;
    }
    this.#connections.release(request.socket);
    const stream = new EventStream(response);
    this.#streams.set(stream, hasKey);
    response.once('close', () => this.#streams.delete(stream));
    take(stream);
  }

  /** Ends a stream that was asked for without the key; false where there is none. */
  #giveWay(): boolean {
    for (const [stream, hasKey] of this.#streams) {
      if (hasKey) continue;
      this.#streams.delete(stream);
      void stream.end(GIVE_WAY_MILLIS);
      return true;
    }
    return false;
  }
}

/** Path and query of a request's target. */
function splitTarget(target: string): readonly [path: string, query: string] {
  const at = target.indexOf('?');
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

/** Prometheus, the Collector and others that scrape tell how long they wait. */
function visitorOf({ socket, headers }: IncomingMessage): Visitor {
  return {
    name: `${socket.remoteAddress} ${headers['user-agent']}`,
    isScraper: headers['x-prometheus-scrape-timeout-seconds'] !== undefined,
  };
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

/**
 * Whether a request with this `Host` (RFC 9110, 7.2) was meant for this machine. IP addresses and localhost always are, other
 * names where `names` has them, as `node1`, `*.example.org` or `*`. The owner of a hostile page can have any other name
 * resolve to this machine, and then reads the answer as that of the page's own site (DNS rebinding). Undefined: there was
 * no such header, which no browser leaves out and HTTP/1.0 does not need.
 */
function isAskedFor(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined || names.includes(ANY_HOST)) return true;
  const name = host.replace(/:[0-9]{0,5}$/, '').toLowerCase();
  if (name.startsWith('[')) return name.endsWith(']') && isIPv6(name.slice(1, -1));
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  if (isIPv4(plain) || plain === 'localhost' || plain.endsWith('.localhost')) return true;
  return plain !== '' && names.some((each) => isNamed(plain, each.toLowerCase()));
}

function isNamed(name: string, listed: string): boolean {
  return listed.startsWith(BELOW) ? name.endsWith(listed.slice(1)) : name === listed;
}

/**
 * Whether a page of another origin has its browser ask. Browsers say so in `Sec-Fetch-Site` (Fetch Metadata) to what they
 * take for trustworthy, which loopback is, and in `Origin` (RFC 6454) where a script would read the answer. Programs that are
 * no browser send neither. Following a link from another site is not meant: it shows the page to its own reader.
 */
function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
    if (!isNavigation) return true;
  }
  const { origin, host } = headers;
  return origin !== undefined && hostOf(origin) !== host?.toLowerCase();
}

/** Host and port of an origin; undefined for `null` and for what is none. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
