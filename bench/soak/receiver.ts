import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ExportRequest, pointsOf, type ReceivedPoint } from '../../test/end-to-end/otlp-request.ts';
import type { ArrivedWindow } from './record.ts';

/** Takes OTLP/HTTP in JSON, and keeps what it says of each window. */
export class Receiver {
  readonly windows: ArrivedWindow[] = [];
  readonly #startUnixMillis = Date.now();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.#take(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ExportRequest);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #take(request: ExportRequest): void {
    this.windows.push(arrivedWindow(pointsOf(request), this.#startUnixMillis));
  }
}

/** What the points of one window say. */
export function arrivedWindow(points: readonly ReceivedPoint[], startUnixMillis: number): ArrivedWindow {
  const named = (name: string) => points.filter((point) => point.name === `unitledger.${name}`);
  const sum = (list: readonly ReceivedPoint[]) => list.reduce((total, { value }) => total + value, 0);
  const outcomes = named('self.export.windows');
  const isDelivered = ({ attributes }: ReceivedPoint) => Object.values(attributes).includes('delivered');
  const endUnixMillis = points.reduce((latest, { unixMillis }) => Math.max(latest, unixMillis), 0);
  return {
    minutes: (endUnixMillis - startUnixMillis) / 60_000,
    coverage: named('unit.cpu.coverage')[0]?.value ?? null,
    missedTicks: sum(named('self.ticks.missed')),
    delivered: sum(outcomes.filter(isDelivered)),
    lost: sum(outcomes.filter((point) => !isDelivered(point))),
    points: points.length,
    processes: sum(named('self.tracked_process.count')),
  };
}
