import {
  type ClientRequest,
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { printable } from '../../text/printable.ts';
import { answerOf } from './http-answer.ts';
import type { Encoding } from './otlp-encoding.ts';
import { type Answer, LONGEST_TEXT, type Transport } from './transport.ts';

/** An answer of OTLP is short. What goes on beyond this is none. */
const LONGEST_BODY_BYTES = 1024 * 1024;

export interface HttpTransportOptions {
  readonly url: string;
  /** Where that is, as logs say it. */
  readonly target: string;
  readonly encoding: Encoding;
  readonly compression: 'none' | 'gzip';
  /** Asked for before each request; may throw, and the window then waits. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Holds the connections; asked for before each request, and the transport's own from then on. */
  readonly agent: () => HttpAgent;
  readonly userAgent: string;
  readonly unixMillis: () => number;
  /** Told what each answer has as its `Date`. */
  readonly heardDate?: (date: string | undefined) => void;
}

/** OTLP over HTTP (OTLP specification, OTLP/HTTP), one request at a time on a connection that is kept. */
export class HttpTransport implements Transport {
  readonly target: string;
  readonly #options: HttpTransportOptions;
  readonly #url: URL;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.target = options.target;
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { compression, headers } = this.#options;
    try {
      const payload = compression === 'gzip' ? await promisify(gzip)(body) : body;
      const more = { ...headers(), ...(compression === 'gzip' && { 'content-encoding': 'gzip' }) };
      const first = await this.#exchange(payload, more, signal);
      // A connection that the collector had closed while nothing was said on it: that tells nothing.
      return first === 'stale connection' ? await this.#exchangeAnew(payload, more, signal) : first;
    } catch (error) {
      return unavailable(reasonOf(error as Error));
    }
  }

  close(): void {
    this.#options.agent().destroy();
  }

  async #exchangeAnew(
    payload: Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    // The others that are kept are as old.
    this.#options.agent().destroy();
    const answer = await this.#exchange(payload, headers, signal);
    return answer === 'stale connection' ? unavailable(`ECONNRESET${hint('ECONNRESET')}`) : answer;
  }

  #exchange(
    payload: Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer | 'stale connection'> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(unavailable(String(signal.reason)));
        return;
      }
      const request = this.#begin(payload, headers);
      const settle = (answer: Answer | 'stale connection'): void => {
        signal.removeEventListener('abort', abandon);
        resolve(answer);
      };
      const abandon = (): void => {
        settle(unavailable(String(signal.reason)));
        request.destroy();
      };
      signal.addEventListener('abort', abandon, { once: true });
      let answered = false;
      request.on('response', (response) => {
        answered = true;
        this.#read(response).then(settle, (error) => settle(unavailable(reasonOf(error))));
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // What goes wrong with the rest of a request does not matter once it is being answered.
        if (answered) return;
        const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        settle(isStale ? 'stale connection' : unavailable(reasonOf(error)));
      });
      request.end(payload);
    });
  }

  #begin(payload: Uint8Array, headers: Readonly<Record<string, string>>): ClientRequest {
    const { agent, encoding, userAgent } = this.#options;
    const request = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return request(this.#url, {
      agent: agent(),
      method: 'POST',
      headers: {
        'user-agent': userAgent,
        ...headers,
        'content-type': encoding.contentType,
        'content-length': payload.length,
      },
    });
  }

  async #read(response: IncomingMessage): Promise<Answer> {
    const { encoding, unixMillis, heardDate } = this.#options;
    heardDate?.(response.headers.date);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > LONGEST_BODY_BYTES) throw new Error('its answer has no end');
    }
    const status = response.statusCode ?? 0;
    const retryAfter = response.headers['retry-after'];
    return answerOf({ status, retryAfter, body: Buffer.concat(chunks) }, encoding, unixMillis());
  }
}

function unavailable(reason: string): Answer {
  return { kind: 'unavailable', reason, retryAfterSeconds: null };
}

/** What went wrong, the same text for the same cause, in one printable line. */
function reasonOf(error: NodeJS.ErrnoException): string {
  // Of several addresses of one host, each failed by itself.
  const { code } = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  if (code !== undefined) return `${code}${hint(code)}`;
  return printable(error.message.slice(0, LONGEST_TEXT));
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
    case 'CERT_HAS_EXPIRED':
      return ': its certificate has expired';
    case 'CERT_NOT_YET_VALID':
      return ': its certificate is not valid yet, by the clock here';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return ': its certificate is signed by none that is trusted here (OTEL_EXPORTER_OTLP_CERTIFICATE names a file of those that are)';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return ': its certificate is for another host name';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return ': it does not speak TLS there (http:// and not https://?)';
    case 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED':
    case 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REQUIRED':
      return ': it wants a certificate of this program (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and …_KEY)';
    case 'HPE_INVALID_CONSTANT':
      return ': it does not speak HTTP/1 there (the port of gRPC?)';
    default:
      return '';
  }
}
