import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, isIPv4, isIPv6 } from 'node:net';
import { MOST_CONNECTIONS } from '../choices.ts';
import { TelemetrySetupError } from '../export/setup-error.ts';
import type { Visitor } from '../scrapers.ts';
import { type Accepts, acceptsOf } from './accepts.ts';
import { Connections } from './connections.ts';
import { EVENT_STREAM, EventStream } from './event-stream.ts';

/** In a list of host names: every name is accepted. */
const ANY_HOST = '*';

/** Before a domain in a list of host names: every name below it. */
const BELOW = '*.';

/** The answer of one path. */
export interface Page {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Headers in addition to those of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called when the client was sent the whole body: not for HEAD, and not if the connection ends before that. */
  readonly onSent?: () => void;
}

/** Makes a page when it is requested; `query` is the part of the target after `?`. */
type PageMaker = (visitor: Visitor, accepts: Accepts, query: string) => Page | Promise<Page>;

/** Pages by their paths. */
export type Pages = Readonly<Record<`/${string}`, PageMaker>>;

/** Options of a server. */
export interface EndpointExtras {
  /** Host names that requests may use, in addition to the one it listens at (`isAskedFor`). */
  readonly hosts?: readonly string[];
  /** Event streams by path: `attach` gets each client. */
  readonly streams?: Readonly<Record<`/${string}`, (stream: EventStream) => void>>;
  /**
   * Known only to the server's own pages. If there is no room, a stream requested with this query replaces one without it.
   */
  readonly streamKey?: string;
  /** Limit on open connections, and on streams if lower than theirs; `MOST_CONNECTIONS` if not given. */
  readonly connections?: number;
}

export interface EndpointAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The option or variable that requested it, for messages. */
  readonly named: string;
}

/** Time limit for a complete request. */
const REQUEST_MILLIS = 5_000;
/** Time limit for a client to receive an answer. */
const ANSWER_MILLIS = 30_000;
const HEADER_BYTES = 8 * 1024;
/** Limit on open streams. */
const MOST_STREAMS = 8;
/** Time limit for the client of a replaced stream to receive its last message. */
const GIVE_WAY_MILLIS = 1_000;
const TEXT = 'text/plain; charset=utf-8';

/** Headers of every answer. Other sites may neither embed it nor infer its content. */
const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * An HTTP server for a few pages of text. No client can block it: times, sizes and
 * connections are bounded, and only GET and HEAD are answered. Pages of other sites cannot read it: host names that may be
 * theirs and requests of their scripts are refused.
 */
export class HttpEndpoint {
  readonly #server: Server;
  readonly #pages: Pages;
  readonly #extras: EndpointExtras;
  readonly #hosts: readonly string[];
  readonly #connections: Connections;
  readonly #mostStreams: number;
  /** Whether it was requested with the key. */
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

  /** Starts to listen. Throws TelemetrySetupError if that fails. */
  static async open(
    { host, port, named }: EndpointAddress,
    pages: Pages,
    extras: EndpointExtras = {},
  ): Promise<HttpEndpoint> {
    const endpoint = new HttpEndpoint(host, pages, extras);
    await new Promise<void>((resolve, reject) => {
      endpoint.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const address = `${hostInUrl(host)}:${port}`;
        const message = `${named}: cannot listen at ${address}: ${reasonOf(cause)}.`;
        reject(new TelemetrySetupError(message, { cause }));
      });
      endpoint.#server.listen({ host, port }, resolve);
    });
    // A connection that the kernel cannot accept (ENOBUFS, ENOMEM) must not end the program.
    endpoint.#server.on('error', () => {});
    return endpoint;
  }

  /** URL of the server, without a path. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${hostInUrl(address)}:${port}`;
  }

  /** Ends all streams when their clients have received everything, or after the time limit. */
  async endStreams(atMostMillis: number): Promise<void> {
    await Promise.all([...this.#streams.keys()].map((stream) => stream.end(atMostMillis)));
  }

  /** Stops, without waiting for clients. */
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
      // The body of such a request is not read.
      response.setHeader('connection', 'close');
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, TEXT, 'only GET and HEAD are allowed\n');
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
      const known = `known paths: ${Object.keys(this.#pages).join(', ')}\n`;
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
      // The error is a defect; its cause is not disclosed to the client.
      send(response, 500, TEXT, 'this page could not be generated\n');
    }
  }

  /** The reason to refuse a request, in one line; undefined: none. */
  #refusalOf({ headers }: IncomingMessage): string | undefined {
    if (!isAskedFor(headers.host, this.#hosts))
      return 'this host name is not allowed: use an IP address or localhost, or list the name in --allowed-hosts';
    if (isCrossSite(headers)) return 'requests from web pages of other sites are refused';
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
      send(response, 503, TEXT, `${this.#mostStreams} clients already follow this page: close one of them\n`);
      return;
    }
    this.#connections.release(request.socket);
    const stream = new EventStream(response);
    this.#streams.set(stream, hasKey);
    response.once('close', () => this.#streams.delete(stream));
    take(stream);
  }

  /** Ends a stream that was requested without the key; false if there is none. */
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

/** Prometheus, the Collector and other scrapers send their timeout in a header. */
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
      return `another program listens there (${code}); choose another port, or stop that program`;
    case 'EACCES':
      return `permission denied (${code}); ports below 1024 need root, so choose a higher one`;
    case 'EADDRNOTAVAIL':
      return `this machine has no such address (${code}); 127.0.0.1 and 0.0.0.0 always exist`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `there is no such host name (${code}); name an address of this machine`;
    default:
      return code ?? message;
  }
}

/**
 * Whether a request with this `Host` (RFC 9110, 7.2) was meant for this machine. IP addresses and localhost always are, other
 * names if `names` lists them, as `node1`, `*.example.org` or `*`. The owner of a hostile page can have any other name
 * resolve to this machine and read the answer as that of the page's own site (DNS rebinding). Undefined: without this
 * header, which browsers always send and HTTP/1.0 does not need.
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
 * Whether a browser requests this for a page of another origin. Browsers send `Sec-Fetch-Site` (Fetch Metadata) to
 * trustworthy addresses, which include loopback, and `Origin` (RFC 6454) if a script would read the answer. Other
 * programs send neither. Following a link from another site is allowed: it shows the page to its own reader.
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

/** Host and port of an origin; undefined for `null` and invalid origins. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
