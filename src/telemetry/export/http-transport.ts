import {
  type ClientRequest,
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { answerOf } from './http-answer.ts';
import { httpFailure } from './http-failure.ts';
import type { Encoding } from './otlp-encoding.ts';
import type { Compression } from './otlp-environment.ts';
import { type Answer, abortedAnswer, type Failure, type Transport } from './transport.ts';

/** A response of OTLP is short. */
const LONGEST_BODY_BYTES = 1024 * 1024;
const CONNECTION_CLOSED = Object.assign(new Error('connection closed'), { code: 'ECONNRESET' });

export interface HttpTransportOptions {
  readonly url: string;
  /** The endpoint for logs. */
  readonly target: string;
  /** The proxy of the agent for logs; null without one. */
  readonly proxy: string | null;
  readonly encoding: Encoding;
  readonly compression: Compression;
  /** Called before each request; if it throws, the window stays buffered. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Returns the agent with the connections; called before each request. The transport owns it from then on. */
  readonly agent: () => HttpAgent;
  readonly userAgent: string;
  readonly unixMillis: () => number;
  /** Called with the `Date` header of each answer. */
  readonly heardDate?: (date: string | undefined) => void;
}

/** OTLP over HTTP (OTLP specification, OTLP/HTTP), one request at a time on a persistent connection. */
export class HttpTransport implements Transport {
  readonly target: string;
  readonly proxy: string | null;
  readonly #options: HttpTransportOptions;
  readonly #url: URL;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.target = options.target;
    this.proxy = options.proxy;
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { compression, headers } = this.#options;
    try {
      const payload = compression === 'gzip' ? await promisify(gzip)(body) : body;
      const more = { ...headers(), ...(compression === 'gzip' && { 'content-encoding': 'gzip' }) };
      const first = await this.#exchange(payload, more, signal);
      // The collector had closed an idle connection, which is no failure of the request.
      return first === 'stale connection' ? await this.#exchangeAnew(payload, more, signal) : first;
    } catch (error) {
      return unavailable(httpFailure(error as Error));
    }
  }

  close(): void {
    try {
      this.#options.agent().destroy();
    } catch {
      // Without usable TLS files there is no connection.
    }
  }

  async #exchangeAnew(
    payload: Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    // Other persistent connections are as old.
    this.#options.agent().destroy();
    const answer = await this.#exchange(payload, headers, signal);
    return answer === 'stale connection' ? unavailable(httpFailure(CONNECTION_CLOSED)) : answer;
  }

  #exchange(
    payload: Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer | 'stale connection'> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(abortedAnswer(signal));
        return;
      }
      const request = this.#begin(payload, headers);
      const settle = (answer: Answer | 'stale connection'): void => {
        signal.removeEventListener('abort', abandon);
        resolve(answer);
      };
      const abandon = (): void => {
        settle(abortedAnswer(signal));
        request.destroy();
        this.#dropTunnel();
      };
      signal.addEventListener('abort', abandon, { once: true });
      let answered = false;
      request.on('response', (response) => {
        answered = true;
        this.#read(response)
          .catch((error) => unavailable(httpFailure(error)))
          .then((answer) => {
            // Answered before the end of the request: the rest must not be sent, as its memory is used again.
            if (!request.writableFinished) request.destroy();
            settle(answer);
          });
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // Errors in the rest of a request do not matter once the answer has started.
        if (answered) return;
        const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        settle(isStale ? 'stale connection' : unavailable(httpFailure(error)));
        this.#dropTunnel();
      });
      request.end(payload);
    });
  }

  /** Nothing else closes the connection to the proxy of a tunnel that failed or was given up. */
  #dropTunnel(): void {
    if (this.proxy !== null) this.#options.agent().destroy();
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
      if (bytes > LONGEST_BODY_BYTES) throw new Error('the response is longer than 1 MiB');
    }
    const status = response.statusCode ?? 0;
    const retryAfter = response.headers['retry-after'];
    const contentType = response.headers['content-type'];
    const whole = { status, retryAfter, contentType, body: Buffer.concat(chunks) };
    return answerOf(whole, encoding, unixMillis());
  }
}

function unavailable(failure: Failure): Answer {
  return { kind: 'unavailable', ...failure, retryAfterSeconds: null };
}
