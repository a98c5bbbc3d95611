import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { ExportRequest } from '../otlp-request.ts';

/** A proxy between a sender of OTLP/JSON and its collector that keeps the requests. */
export class Tee {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  /** Requests that the collector accepted, in order. */
  readonly taken: readonly ExportRequest[];
  readonly #server: Server;

  private constructor(server: Server, taken: readonly ExportRequest[]) {
    this.#server = server;
    this.taken = taken;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param collector `http://HOST:PORT` */
  static async open(collector: string): Promise<Tee> {
    const taken: ExportRequest[] = [];
    const server = createServer(async (request, response) => {
      try {
        const body = await buffer(request);
        const answer = await fetch(`${collector}${request.url}`, {
          method: 'POST',
          headers: headersOf(request),
          body,
        });
        const text = Buffer.from(await answer.arrayBuffer());
        if (answer.ok) taken.push(JSON.parse(plain(request, body).toString()) as ExportRequest);
        response
          .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
          .end(text);
      } catch {
        // Without a collector: looks the same to the sender.
        response.destroy();
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Tee(server, taken);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const passed = ['content-type', 'content-encoding'].map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    passed.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'),
  );
}

function plain({ headers }: IncomingMessage, body: Buffer): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
