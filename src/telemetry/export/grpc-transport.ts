import http from 'node:http';
import type { ChannelOptions, Client, ServiceError } from '@grpc/grpc-js';
import { answerOfGrpc } from './grpc-answer.ts';
import type { Headers } from './headers-file.ts';
import { type Destination, grpcAddress } from './otlp-destination.ts';
import { ENCODINGS } from './otlp-encoding.ts';
import type { Compression } from './otlp-environment.ts';
import { GrpcTunnelAgent } from './proxy/proxied-agent.ts';
import { describeProxy, type HttpProxy, proxyCredentials } from './proxy/proxy-route.ts';
import { SIGNALS, type SignalName } from './signal.ts';
import type { TlsMaterial } from './tls-material.ts';
import { type Answer, abortedAnswer, otherFailure, type Transport } from './transport.ts';

/** An answer of OTLP is short. */
const LONGEST_ANSWER_BYTES = 1024 * 1024;
const GZIP = 2;

type Grpc = typeof import('./grpc-library.ts');

export interface GrpcTransportOptions {
  /** `metrics` if not given. */
  readonly signal?: SignalName;
  readonly destination: Destination;
  /** The proxy to go through; null: directly. */
  readonly proxy: HttpProxy | null;
  readonly compression: Compression;
  /** Called before each request; returns the same object until the files change. */
  readonly tls: () => TlsMaterial;
  readonly headers: () => Headers;
  readonly userAgent: string;
}

/** OTLP over gRPC (OTLP specification, OTLP/gRPC): the bytes of a window are the message. */
export class GrpcTransport implements Transport {
  readonly target: string;
  readonly proxy: string | null;
  readonly #options: GrpcTransportOptions;
  readonly #signal: SignalName;
  readonly #grpc: Promise<Grpc>;
  #client: Client | null = null;
  #clientTls: TlsMaterial | null = null;
  readonly #tunnels: GrpcTunnelAgent | null;
  /** The last log line of the library, which is the only place with the answer of a proxy. */
  #logged: string | null = null;

  /** Loads gRPC at once, because its files may be replaced while the program runs. */
  constructor(options: GrpcTransportOptions) {
    this.#options = options;
    this.#signal = options.signal ?? 'metrics';
    this.target = options.destination.target;
    this.proxy = options.proxy && describeProxy(options.proxy);
    this.#tunnels = options.proxy && new GrpcTunnelAgent();
    if (this.#tunnels !== null) http.globalAgent = this.#tunnels;
    this.#grpc = this.#load();
    // Reported when a window is to be sent.
    this.#grpc.catch(() => {});
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    try {
      const grpc = await this.#grpc;
      const metadata = metadataOf(grpc, this.#options.headers());
      return await this.#call(this.#clientOf(grpc), metadata, body, signal);
    } catch (error) {
      const failure = otherFailure(String((error as Error).message));
      return { kind: 'unavailable', ...failure, retryAfterSeconds: null };
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = null;
    this.#tunnels?.destroy();
  }

  #call(
    client: Client,
    metadata: InstanceType<Grpc['Metadata']>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<Answer> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(abortedAnswer(signal));
        return;
      }
      const call = client.makeUnaryRequest<Uint8Array, Buffer>(
        SIGNALS[this.#signal].grpcMethod,
        (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        (bytes) => bytes,
        body,
        metadata,
        (error, answer) => {
          signal.removeEventListener('abort', abandon);
          resolve(error === null ? accepted(answer ?? Buffer.alloc(0), this.#signal) : this.#failed(error));
        },
      );
      const abandon = (): void => {
        resolve(abortedAnswer(signal));
        call.cancel();
        // The connection may be dead without either end knowing: the next window uses a new one.
        this.close();
      };
      signal.addEventListener('abort', abandon, { once: true });
    });
  }

  async #load(): Promise<Grpc> {
    const grpc = await import('./grpc-library.ts');
    // By default it writes to standard error.
    const { error: trace } = console;
    grpc.setLogger({
      error: (line: unknown) => {
        this.#logged = String(line);
      },
      info: trace,
      debug: trace,
    });
    return grpc;
  }

  #failed({ code, details, metadata }: ServiceError): Answer {
    const [statusDetails] = metadata?.get('grpc-status-details-bin') ?? [];
    const answer = answerOfGrpc({
      code,
      details: details ?? '',
      statusDetails: typeof statusDetails === 'object' ? statusDetails : null,
      proxyError: this.proxy === null ? null : this.#logged,
    });
    // Nothing else closes a tunnel that failed.
    if (this.#tunnels !== null && answer.kind === 'unavailable') this.close();
    return answer;
  }

  #clientOf(grpc: Grpc): Client {
    const tls = this.#options.tls();
    if (this.#client !== null && tls === this.#clientTls) return this.#client;
    this.close();
    const { destination, proxy, compression, userAgent } = this.#options;
    const { isSecure, socketPath, url } = destination;
    const credentials = isSecure
      ? grpc.credentials.createSsl(tls.ca, tls.key, tls.cert)
      : grpc.credentials.createInsecure();
    const address = socketPath === null ? `dns:${grpcAddress(proxy?.url ?? url)}` : `unix:${socketPath}`;
    this.#client = new grpc.Client(address, credentials, {
      'grpc.primary_user_agent': userAgent,
      'grpc.default_compression_algorithm': compression === 'gzip' ? GZIP : 0,
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': LONGEST_ANSWER_BYTES,
      // The queue decides about retries.
      'grpc.enable_retries': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.service_config_disable_resolution': 1,
      // The library would choose a proxy by its own rules (proxy-route.ts).
      'grpc.enable_http_proxy': 0,
      ...(proxy && tunnelOptions(proxy, grpcAddress(url))),
      'grpc.enable_channelz': 0,
    });
    this.#clientTls = tls;
    return this.#client;
  }
}

/** A tunnel through `proxy` (CONNECT) to `address`: what the library itself sets for a proxy of the environment. */
function tunnelOptions(proxy: HttpProxy, address: string): ChannelOptions {
  const credentials = proxyCredentials(proxy);
  return {
    'grpc.http_connect_target': `dns:${address}`,
    ...(credentials !== null && { 'grpc.http_connect_creds': credentials }),
    // Otherwise requests would name the proxy as their host.
    'grpc.default_authority': address,
  };
}

function metadataOf(grpc: Grpc, headers: Headers): InstanceType<Grpc['Metadata']> {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) {
    try {
      // Names with this ending hold bytes, and are written in Base64 everywhere else.
      metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    } catch {
      // The library's own message has the value, which may be a secret.
      throw new Error(`header "${name}" has characters that gRPC does not allow: only ASCII can be sent`);
    }
  }
  return metadata;
}

function accepted(answer: Buffer, signal: SignalName): Answer {
  const success = ENCODINGS.protobuf.partialSuccessOf(answer);
  if (success !== null) return { kind: 'accepted', ...success };
  return {
    kind: 'unavailable',
    cause: 'gRPC OK without OTLP',
    reason: `gRPC OK with a message that is not OTLP (is this a receiver of OTLP ${signal}?)`,
    retryAfterSeconds: null,
  };
}
