import { type ExportRequest, pointsOf, type ReceivedPoint } from '../../test/end-to-end/otlp-request.ts';
import { BodyServer } from '../body-server.ts';
import type { ArrivedWindow } from './record.ts';

/** Takes OTLP/HTTP in JSON, and keeps what it says of each window. */
export class Receiver {
  readonly windows: ArrivedWindow[];
  readonly #server: BodyServer;

  private constructor(windows: ArrivedWindow[], server: BodyServer) {
    this.windows = windows;
    this.#server = server;
  }

  static async open(): Promise<Receiver> {
    const windows: ArrivedWindow[] = [];
    const startUnixMillis = Date.now();
    const server = await BodyServer.open((body) => {
      const request = JSON.parse(body.toString('utf8')) as ExportRequest;
      windows.push(arrivedWindow(pointsOf(request), startUnixMillis));
    });
    return new Receiver(windows, server);
  }

  get url(): string {
    return this.#server.url;
  }

  close(): void {
    this.#server.close();
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
