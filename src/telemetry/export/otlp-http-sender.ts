import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { printable } from '../../text/printable.ts';
import type { Sender, SendOutcome } from './delivery.ts';
import type { PartialSuccess } from './diagnostics.ts';
import type { TlsFiles } from './otlp-environment.ts';

/** Of an answer's body, as much as is repeated in a log. */
const BODY_SHOWN = 200;

export interface OtlpHttpSenderOptions {
  readonly url: string;
  readonly tls: TlsFiles;
  /** Total seconds of one export, the exporter's own retries included. */
  readonly timeoutSeconds: number;
  readonly userAgent: string;
  /** The partial success that the SDK spoke of since the last call. */
  readonly takePartialSuccess: () => PartialSuccess | null;
}

/**
 * OTLP over HTTP, JSON, by the SDK's exporter. That one waits for ever for an answer that comes byte by byte, so what is
 * aborted is cut off below it: its sockets are destroyed, and the next window gets an exporter of its own.
 */
export class OtlpHttpSender implements Sender {
  readonly target: string;
  readonly #options: OtlpHttpSenderOptions;
  #connection: Connection | null = null;

  constructor(options: OtlpHttpSenderOptions) {
    this.#options = options;
    this.target = withoutCredentials(options.url);
  }

  send(metrics: ResourceMetrics, signal: AbortSignal): Promise<SendOutcome> {
    this.#connection ??= new Connection(this.#options);
    const { exporter } = this.#connection;
    return new Promise((resolve) => {
      const abandon = (): void => {
        this.close();
        resolve({ kind: 'failed', reason: String(signal.reason) });
      };
      if (signal.aborted) {
        abandon();
        return;
      }
      signal.addEventListener('abort', abandon, { once: true });
      this.#options.takePartialSuccess();
      exporter.export(metrics, ({ code, error }) => {
        signal.removeEventListener('abort', abandon);
        if (code !== EXPORTED) {
          resolve({ kind: 'failed', reason: reasonOf(error) });
          return;
        }
        const partial = this.#options.takePartialSuccess();
        resolve({
          kind: 'delivered',
          rejectedPoints: partial?.rejectedPoints ?? 0,
          remark: partial?.remark ?? null,
        });
      });
    });
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = null;
  }
}

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const EXPORTED = 0;

/** An exporter with the agent whose sockets it uses, since it has no way of its own to let go of them. */
class Connection {
  readonly exporter: OTLPMetricExporter;
  #agent: HttpAgent | HttpsAgent | null = null;
  #destroyed = false;

  constructor({ url, tls, timeoutSeconds, userAgent }: OtlpHttpSenderOptions) {
    this.exporter = new OTLPMetricExporter({
      url,
      timeoutMillis: timeoutSeconds * 1000,
      userAgent,
      httpAgentOptions: (protocol) => {
        this.#agent = agentFor(protocol, tls);
        if (this.#destroyed) refuseConnections(this.#agent);
        return this.#agent;
      },
    });
  }

  destroy(): void {
    this.#destroyed = true;
    if (this.#agent === null) return;
    refuseConnections(this.#agent);
    this.#agent.destroy();
  }
}

function agentFor(protocol: string, tls: TlsFiles): HttpAgent | HttpsAgent {
  return protocol === 'http:'
    ? new HttpAgent({ keepAlive: true })
    : new HttpsAgent({ keepAlive: true, ...tls });
}

/** The exporter may still be waiting to try again: that try must not reach the collector after what came later. */
function refuseConnections(agent: HttpAgent | HttpsAgent): void {
  agent.createConnection = () => {
    throw new Error('the export was abandoned');
  };
}

/** What went wrong, the same text for the same cause, in one printable line. */
function reasonOf(error: (Error & { code?: number | string; data?: string }) | undefined): string {
  if (error === undefined) return 'the exporter gave no reason';
  if (typeof error.code === 'number') {
    const body = error.data === undefined ? '' : printable(error.data.trim().slice(0, BODY_SHOWN));
    return `it answered HTTP ${error.code}${body === '' ? '' : `: ${body}`}`;
  }
  if (error.message === 'Export failed with retryable status') {
    return 'it went on answering that it is not ready (HTTP 429, 502, 503 or 504)';
  }
  if (typeof error.code === 'string') return `${error.code}${hint(error.code)}`;
  return printable(error.message.slice(0, BODY_SHOWN));
}

function hint(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return ': nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ': there is no such host name';
    case 'ECONNRESET':
    case 'EPIPE':
      return ': it closed the connection';
    default:
      return '';
  }
}

function withoutCredentials(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}
