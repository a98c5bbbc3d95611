import { connect } from 'node:net';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../text/log.ts';
import { ConsoleDelivery } from './console-delivery.ts';
import type { Delivery, DeliveryCounts } from './delivery.ts';
import type { HeadersFile } from './headers-file.ts';
import { otlpTransports } from './open-transport.ts';
import type { Destination } from './otlp-destination.ts';
import { ENCODINGS } from './otlp-encoding.ts';
import type { Environment } from './otlp-environment.ts';
import { QueuedDelivery, type QueuedDeliveryOptions } from './queued-delivery.ts';
import type { SignalName } from './signal.ts';
import { openSpool } from './spool/open-spool.ts';

/** Passes each window to several exporters. The counts of the first are those of the run. */
export class FanOut<Content = ResourceMetrics> implements Delivery<Content> {
  readonly #deliveries: readonly [Delivery<Content>, ...Delivery<Content>[]];

  constructor(deliveries: readonly [Delivery<Content>, ...Delivery<Content>[]]) {
    this.#deliveries = deliveries;
  }

  get counts(): DeliveryCounts {
    return this.#deliveries[0].counts;
  }

  send(content: Content): void {
    for (const delivery of this.#deliveries) delivery.send(content);
  }

  async shutdown(seconds: number): Promise<void> {
    await Promise.all(this.#deliveries.map((delivery) => delivery.shutdown(seconds)));
  }
}

export type ExporterName = 'otlp' | 'prometheus' | 'console' | 'none';

/** Exporters that send; `prometheus` is scraped. The counts of the first one in use are those of the run. */
const BUILT = ['otlp', 'console'] as const;

/**
 * Buffer in memory: for all windows without a spool, and for those that the spool cannot accept. How long it lasts depends on the
 * number of series, not of processes: about 400 bytes of JSON each (docs/delivery.md has times).
 */
export const MOST_MEMORY_BYTES = 32 * 1024 * 1024;

/** The buffer for undelivered windows, and its limits. */
export interface SpoolWish {
  /** Undefined: in memory. */
  readonly directory: string | undefined;
  /** Whether the directory is deleted soon after the program ends, like a volume of a pod. */
  readonly isTemporary?: boolean;
  /** Limit of that directory, including quarantined windows. */
  readonly bytes: number;
  /** Maximum age, on disk and in memory. */
  readonly ageSeconds: number;
}

export interface DeliveryValues {
  readonly environment: Environment;
  /** Whether the proxy variables count. */
  readonly usesProxy: boolean;
  /** Headers for OTLP from a file; null for none. */
  readonly headersFile: HeadersFile | null;
  readonly timeoutSeconds: number;
  readonly version: string;
  /** Returns false if it dropped the line. */
  readonly writeConsole: (line: string) => unknown;
  readonly spool: SpoolWish;
  readonly clock: Clock;
  readonly log: Log;
}

/** Delivery by all of `exporters` that send; null for none. Throws TelemetrySetupError for unusable settings. */
export function openDelivery(exporters: readonly ExporterName[], values: DeliveryValues): Delivery | null {
  const [first, ...others] = BUILT.filter((name) => exporters.includes(name)).map((name) =>
    name === 'otlp'
      ? new QueuedDelivery(otlpQueue(values, 'metrics'))
      : new ConsoleDelivery(values.writeConsole),
  );
  if (first === undefined) return null;
  return others.length === 0 ? first : new FanOut([first, ...others]);
}

/** The OTLP queue of a signal. Throws TelemetrySetupError for unusable settings. */
export function otlpQueue(values: DeliveryValues, signal: SignalName): QueuedDeliveryOptions {
  const { timeoutSeconds, spool, clock, log } = values;
  const transports = otlpTransports({ ...values, signal, unixMillis: clock.unixMillis });
  const { destination } = transports;
  if (destination.isDefault) warnWhereNothingListens(destination, signal, log);
  return {
    signal,
    encoding: ENCODINGS[transports.encoding],
    // The encoding of a window depends on the protocol.
    transport: transports.open(transports.encoding)!,
    transportOf: transports.open,
    limits: { memoryBytes: MOST_MEMORY_BYTES, diskBytes: spool.bytes, ageSeconds: spool.ageSeconds },
    spool: spool.directory === undefined ? null : openSpool(spool.directory, log, signal),
    isSpoolTemporary: spool.isTemporary === true,
    isDefaultEndpoint: destination.isDefault,
    timeoutSeconds,
    clock,
    log,
  };
}

/** Logs once, at the start, if nothing listens at the default endpoint. */
function warnWhereNothingListens({ url, target }: Destination, signal: SignalName, log: Log): void {
  const off =
    signal === 'metrics' ? '--export none to export nothing' : 'OTEL_TRACES_EXPORTER=none to send no spans';
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  socket.unref();
  socket.once('connect', () => socket.destroy());
  socket.once('error', (error) => {
    const first = error instanceof AggregateError ? error.errors[0] : error;
    if ((first as NodeJS.ErrnoException).code !== 'ECONNREFUSED') return;
    log.warn(
      { target },
      `no collector listens at ${target}, the default endpoint: ${signal} are buffered; set OTEL_EXPORTER_OTLP_ENDPOINT, or ${off}`,
    );
  });
}
