import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Usage } from '../ledger/measuring/usage.ts';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import type { ProgramFigures } from './catalogue/metric.ts';
import { Meters } from './meters.ts';
import type { RecorderOptions } from './recorder.ts';

/**
 * The window that closed last, for whoever comes for it: as it was exported, or, where OTLP has deltas or exponential
 * buckets, which a scrape cannot have, out of meters of its own.
 */
export class ScrapedWindow {
  readonly #own: Meters | null;
  #metrics: ResourceMetrics | null = null;

  constructor(exported: RecorderOptions) {
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

  /** Null before the first window has closed. */
  get metrics(): ResourceMetrics | null {
    return this.#metrics;
  }

  recordTick(usage: Usage, tickSeconds: number | null): void {
    this.#own?.recordTick(usage, tickSeconds);
  }

  /** Takes a window, and what was exported of it. */
  async turnTo(window: ExportWindow, self: ProgramFigures, exported: ResourceMetrics): Promise<void> {
    this.#metrics = (await this.#own?.collectWindow(window, self)) ?? exported;
  }
}
