import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Clock } from '../host/clock.ts';
import type { Usage } from '../ledger/measuring/usage.ts';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import type { Log } from '../text/log.ts';
import type { ProgramFigures, SelfFigures } from './catalogue/metric.ts';
import { chooseMetrics, type MetricsChoice } from './catalogue.ts';
import type { HistogramAggregation, ProcessAttribute, Temporality } from './choices.ts';
import { type Delivery, type DeliveryCounts, NOTHING_DELIVERED } from './export/delivery.ts';
import { Diagnostics } from './export/diagnostics.ts';
import type { HeadersFile } from './export/headers-file.ts';
import {
  type DeliveryValues,
  type ExporterName,
  openDelivery,
  type SpoolWish,
} from './export/open-delivery.ts';
import type { Environment } from './export/otlp-environment.ts';
import { Meters } from './meters.ts';
import { withEnds } from './points/series-end.ts';
import type { ResourceValues } from './resource.ts';
import { ScrapedWindow } from './scraped-window.ts';
import type { Visitor } from './scrapers.ts';

export type { SelfFigures } from './catalogue/metric.ts';

export interface TelemetryOptions extends MetricsChoice {
  /** Exporters; without any, nothing is recorded or collected. */
  readonly exporters: readonly ExporterName[];
  readonly resource: ResourceValues;
  /** Seconds for one try of one window, the collector's answer included. */
  readonly exportTimeoutSeconds: number;
  readonly spool: SpoolWish;
  readonly clock: Clock;
  /** Metrics of the program itself; called once per window. */
  readonly selfFigures: () => SelfFigures;
  /** Additional attributes of the points of processes; the default ones if not given. */
  readonly processAttributes?: readonly ProcessAttribute[];
  /** Limit on series; none if not given. */
  readonly seriesBudget?: number;
  /** Start of the program, and of its own counters. */
  readonly startedUnixMillis: number;
  readonly log: Log;
  /** Writes a line of the `console` exporter, without its newline, to standard error. Returns false if it dropped the line. */
  readonly writeConsole: (line: string) => unknown;
  /** Environment with the variables of OTLP and its TLS files. */
  readonly environment: Environment;
  /** Whether the proxy variables count for OTLP; they do if not given. */
  readonly usesProxy?: boolean;
  /** Headers for OTLP from a file. */
  readonly headersFile?: HeadersFile;
  /** Keeps the last window for scrapers, in Prometheus's form. */
  readonly keepsWindow?: boolean;
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
}

/** The export of metrics. */
export interface Telemetry {
  /** Records the distributions of one tick, and its cost in seconds if known. */
  recordTick(usage: Usage, tickSeconds?: number): void;
  /**
   * Takes a closed window; all series end with the last of the run. Resolves when it is queued, before the
   * next timer runs; never rejects.
   */
  exportWindow(window: ExportWindow, isLast?: boolean): Promise<void>;
  /**
   * The newest closed window, with cumulative points and explicit buckets; null before the first, and
   * if it is not kept.
   */
  readonly lastWindow: ResourceMetrics | null;
  /**
   * Returns the newest closed window for a visitor. Call the result when the visitor has received the whole page: series that begin and
   * end stay for scrapers.
   */
  visit(visitor: Visitor): () => void;
  /** Windows by outcome so far. */
  readonly counts: DeliveryCounts;
  /** Sends buffered windows within `seconds`, and stops. Called again, the shorter time counts. Never rejects, never hangs. */
  shutdown(seconds: number): Promise<void>;
}

/** Starts telemetry. Throws TelemetrySetupError if an `OTEL_*` variable or the spool directory cannot be used. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const diagnostics = new Diagnostics(options.log);
  const values: DeliveryValues = {
    environment: options.environment,
    usesProxy: options.usesProxy ?? true,
    headersFile: options.headersFile ?? null,
    timeoutSeconds: options.exportTimeoutSeconds,
    version: options.resource.version,
    writeConsole: options.writeConsole,
    spool: options.spool,
    clock: options.clock,
    log: options.log,
  };
  const delivery = openDelivery(options.exporters, values);
  if (delivery === null && options.keepsWindow !== true) return NO_TELEMETRY;

  diagnostics.start();
  const metrics = chooseMetrics(options);
  const recording = { ...options, metrics };
  const scraped = options.keepsWindow === true ? new ScrapedWindow(recording, options.clock) : null;
  return new RunningTelemetry(new Meters(recording), delivery ?? NO_DELIVERY, scraped, diagnostics, options);
}

class RunningTelemetry implements Telemetry {
  readonly #meters: Meters;
  readonly #delivery: Delivery;
  readonly #scraped: ScrapedWindow | null;
  readonly #diagnostics: Diagnostics;
  readonly #selfFigures: () => SelfFigures;
  readonly #seriesBudget: number | null;
  readonly #log: Log;
  /** Settles when the windows so far are queued. */
  #exported: Promise<void> = Promise.resolve();

  constructor(
    meters: Meters,
    delivery: Delivery,
    scraped: ScrapedWindow | null,
    diagnostics: Diagnostics,
    { selfFigures, seriesBudget, log }: TelemetryOptions,
  ) {
    this.#meters = meters;
    this.#delivery = delivery;
    this.#scraped = scraped;
    this.#diagnostics = diagnostics;
    this.#selfFigures = selfFigures;
    this.#seriesBudget = seriesBudget ?? null;
    this.#log = log;
  }

  get lastWindow(): ResourceMetrics | null {
    return this.#scraped?.metrics ?? null;
  }

  visit(visitor: Visitor): () => void {
    return this.#scraped?.visit(visitor) ?? NO_VISIT;
  }

  get counts(): DeliveryCounts {
    return this.#delivery.counts;
  }

  recordTick(usage: Usage, tickSeconds?: number): void {
    this.#meters.recordTick(usage, tickSeconds ?? null);
    this.#scraped?.recordTick(usage, tickSeconds ?? null);
  }

  exportWindow(window: ExportWindow, isLast = false): Promise<void> {
    const self = {
      ...this.#selfFigures(),
      delivery: this.#delivery.counts,
      seriesBudget: this.#seriesBudget,
    };
    this.#exported = this.#exported.then(() => this.#export(window, self, isLast));
    return this.#exported;
  }

  async #export(window: ExportWindow, self: ProgramFigures, isLast: boolean): Promise<void> {
    try {
      const metrics = await this.#meters.collectWindow(window, self);
      this.#delivery.send(isLast ? withEnds(metrics, window.endUnixMillis) : metrics);
      await this.#scraped?.turnTo(window, self, metrics);
    } catch (err) {
      // The run continues: its summary and later windows do not depend on this one.
      this.#log.error({ err }, 'an export window could not be collected');
    }
  }

  async shutdown(seconds: number): Promise<void> {
    await this.#exported;
    await this.#delivery.shutdown(seconds);
    this.#diagnostics.stop();
  }
}

const NO_VISIT = (): void => {};

/** Delivery if metrics are only scraped. */
const NO_DELIVERY: Delivery = { send() {}, counts: NOTHING_DELIVERED, async shutdown() {} };

const NO_TELEMETRY: Telemetry = {
  recordTick() {},
  async exportWindow() {},
  lastWindow: null,
  visit: () => NO_VISIT,
  counts: NOTHING_DELIVERED,
  async shutdown() {},
};
