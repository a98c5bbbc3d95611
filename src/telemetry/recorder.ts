import { MeterProvider, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Usage } from '../ledger/usage.ts';
import type { Log } from '../text/log.ts';
import type { ChosenMetrics } from './catalogue.ts';
import { CurrentWindow, type WindowSnapshot } from './current-window.ts';
import { Instruments } from './instruments.ts';
import { ObservedSeries } from './observed-series.ts';
import { ProcessProducer } from './process-producer.ts';
import { type ResourceValues, telemetryResource } from './resource.ts';
import type { HistogramAggregation, Temporality } from './temporality.ts';
import { WindowReader } from './window-reader.ts';

/**
 * Units whose series the SDK keeps though they are no longer in a window: it forgets none, each costs it some
 * kilobytes, and beyond its limit of series new ones would lose their names.
 */
const MOST_DEAD_UNITS = 1000;

export interface RecorderOptions {
  readonly metrics: ChosenMetrics;
  readonly resource: ResourceValues;
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
  readonly startedUnixMillis: number;
  readonly log: Log;
  /** Units that are gone before the SDK is renewed; 1,000 if not given. */
  readonly mostDeadUnits?: number;
}

/** One life of the SDK. */
interface Sdk {
  readonly instruments: Instruments;
  readonly reader: WindowReader;
}

/**
 * Makes metrics of ticks and windows, by the SDK and the producer of process series. Units of patterns come and go
 * for months, so the SDK is made anew once it keeps too many that are gone: counters go on as they were, histograms
 * begin again, with a start of their own.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #current = new CurrentWindow();
  readonly #observed = new ObservedSeries();
  readonly #scope: { readonly name: string; readonly version: string };
  readonly #producer: ProcessProducer;
  readonly #mostDeadUnits: number;
  #sdk: Sdk;

  constructor(options: RecorderOptions) {
    const { metrics, resource, temporality, startedUnixMillis } = options;
    this.#options = options;
    this.#mostDeadUnits = options.mostDeadUnits ?? MOST_DEAD_UNITS;
    this.#scope = { name: 'unitledger', version: resource.version };
    this.#producer = new ProcessProducer(metrics.process, this.#scope, this.#current, temporality);
    this.#sdk = this.#open(startedUnixMillis);
  }

  /** Records one tick's rows, those that have a rate, and what the tick cost where it is known. */
  recordTick(usage: Usage, tickSeconds: number | null): void {
    this.#sdk.instruments.recordTick(usage, tickSeconds);
  }

  /** All points of one window. Not to be called again before the promise is settled; no tick can come in between. */
  async collectWindow(snapshot: WindowSnapshot): Promise<ResourceMetrics> {
    const metrics = await this.#sdk.reader.collectWindow(snapshot);
    const { units, endUnixMillis } = snapshot.window;
    if (this.#sdk.instruments.knownUnits - units.length > this.#mostDeadUnits) {
      this.#sdk = this.#open(endUnixMillis);
      // Deltas count from what was collected before: this window, which has gone out.
      await this.#sdk.reader.collectWindow(snapshot);
    }
    return metrics;
  }

  #open(histogramsStartUnixMillis: number): Sdk {
    const { metrics, resource, ...options } = this.#options;
    const reader = new WindowReader({
      ...options,
      current: this.#current,
      observed: this.#observed,
      producer: this.#producer,
      histogramsStartUnixMillis,
    });
    const provider = new MeterProvider({ resource: telemetryResource(resource), readers: [reader] });
    const meter = provider.getMeter(this.#scope.name, this.#scope.version);
    return { reader, instruments: new Instruments(meter, metrics, this.#current, this.#observed) };
  }
}
