import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Clock } from '../host/clock.ts';
import type { Usage } from '../ledger/measuring/usage.ts';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import type { ProgramFigures } from './catalogue/metric.ts';
import { HeldSeries } from './held-series.ts';
import { hrTimeOf } from './hr-time.ts';
import { Meters } from './meters.ts';
import type { RecorderOptions } from './recorder.ts';
import { Scrapers, type Visitor } from './scrapers.ts';

/**
 * The window that closed last, for whoever comes for it: as it was exported, or, where OTLP has deltas or exponential
 * buckets, which a scrape cannot have, out of meters of its own.
 */
export class ScrapedWindow {
  readonly #own: Meters | null;
  readonly #clock: Pick<Clock, 'monotonicSeconds'>;
  readonly #scrapers = new Scrapers();
  readonly #held = new HeldSeries();
  #metrics: ResourceMetrics | null = null;
  #windows = 0;

  constructor(exported: RecorderOptions, clock: Pick<Clock, 'monotonicSeconds'>) {
    this.#clock = clock;
    const isFit =
      exported.temporality === 'cumulative' && exported.histogramAggregation === 'explicit_bucket_histogram';
    this.#own = isFit
      ? null
      : new Meters({
          ...exported,
          temporality: 'cumulative',
          histogramAggregation: 'explicit_bucket_histogram',
        });
  }

  /**
   * As it stands on the page: each series once, those that begin as 0 until all scrapers were shown that. Null before the
   * first window has closed.
   */
  get metrics(): ResourceMetrics | null {
    return this.#metrics;
  }

  /**
   * A visitor gets the current window, or that there is none yet. Call the result once the visitor has all of the page: what
   * was on a page that did not arrive is shown again.
   */
  visit(visitor: Visitor): () => void {
    const window = this.#windows;
    return () => this.#scrapers.note(visitor, window, this.#clock.monotonicSeconds());
  }

  recordTick(usage: Usage, tickSeconds: number | null): void {
    this.#own?.recordTick(usage, tickSeconds);
  }

  /** Takes a window, and what was exported of it. */
  async turnTo(window: ExportWindow, self: ProgramFigures, exported: ResourceMetrics): Promise<void> {
    const metrics = (await this.#own?.collectWindow(window, self)) ?? exported;
    const seen = this.#scrapers.seen(this.#clock.monotonicSeconds());
    this.#windows++;
    this.#metrics = this.#held.pageOf(metrics, this.#windows, hrTimeOf(window.endUnixMillis), seen);
  }
}
