import type { Attributes, HrTime } from '@opentelemetry/api';
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Clock } from '../host/clock.ts';
import type { Usage } from '../ledger/measuring/usage.ts';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import type { ProgramFigures } from './catalogue/metric.ts';
import { hrTimeOf } from './hr-time.ts';
import { Meters } from './meters.ts';
import { emptied } from './points/histogram.ts';
import { endsSeries, isOfWindow } from './points/series-end.ts';
import type { RecorderOptions } from './recorder.ts';
import { Scrapers, type Visitor } from './scrapers.ts';

/** Limit on held counters; beyond it, counters begin and end with their windows. */
const MOST_HELD = 20_000;

/**
 * Makes pages from windows for scrapers that scrape less often than windows close. A value that a scraper never sees is lost,
 * so a new counter is 0 on pages until every scraper has seen the 0, and an ended counter keeps
 * its last value until every scraper has seen it. Gauges show the window. A series is on a page once.
 */
class HeldSeries {
  /** By name of the metric. */
  readonly #held = new Map<string, HeldMetric>();
  #heldCount = 0;
  #before: ResourceMetrics | null = null;

  /**
   * The page of a window that ends at `end`. `seen`: the last window whose page every scraper has seen; infinite
   * without scrapers, so that nothing is held.
   */
  pageOf(metrics: ResourceMetrics, window: number, end: HrTime, seen: number): ResourceMetrics {
    const before = this.#before;
    this.#before = metrics;
    const scopeMetrics = metrics.scopeMetrics.map(({ scope, metrics: all }, i) => {
      const earlier = before?.scopeMetrics[i]?.metrics ?? [];
      const page: MetricData[] = [];
      const add = (metric: MetricData, dataPoints: readonly Point[]) => {
        if (dataPoints.length > 0) page.push({ ...metric, dataPoints } as MetricData);
      };
      const names = new Set<string>();
      for (const metric of all) {
        const points = metric.dataPoints as Point[];
        names.add(metric.descriptor.name);
        if (isCounter(metric)) {
          const held = this.#heldOf(metric);
          this.#take(held, points, pointsNamed(earlier, metric), window, end, seen);
          add(metric, this.#pageOf(held, points, window, end, seen));
        } else {
          add(
            metric,
            points.filter((point) => isOfWindow(point, end)),
          );
        }
      }
      for (const [name, held] of this.#held) {
        if (!names.has(name)) add(held.metric, this.#pageOf(held, [], window, end, seen));
        if (held.series.size === 0) this.#held.delete(name);
      }
      return { scope, metrics: page };
    });
    return { resource: metrics.resource, scopeMetrics };
  }

  #heldOf(metric: MetricData): HeldMetric {
    const { name } = metric.descriptor;
    const held = this.#held.get(name) ?? { metric, series: new Map() };
    this.#held.set(name, held);
    return held;
  }

  /** Processes the points of a window that begin or end series. */
  #take(
    { series }: HeldMetric,
    points: readonly Point[],
    earlier: () => readonly Point[],
    window: number,
    end: HrTime,
    seen: number,
  ): void {
    const isWaiting = seen !== Number.POSITIVE_INFINITY;
    let lastPoints: Map<Attributes, Point> | null = null;
    for (const point of points) {
      if (endsSeries(point)) {
        lastPoints ??= new Map(earlier().map((each) => [each.attributes, each]));
        const last = lastPoints.get(point.attributes);
        if (isWaiting && last !== undefined) this.#end(series, last, window);
        else this.#forget(series, keyOf(point.attributes));
      } else if (isOfWindow(point, end)) {
        if (series.size > 0) this.#goOn(series, keyOf(point.attributes));
      } else if (isWaiting) this.#begin(series, keyOf(point.attributes), window);
    }
  }

  /** Content of the page: the values of a window, and ended series that some scraper has not seen. */
  #pageOf(
    { series }: HeldMetric,
    points: readonly Point[],
    window: number,
    end: HrTime,
    seen: number,
  ): Point[] {
    const page: Point[] = [];
    for (const point of points) {
      if (isOfWindow(point, end)) page.push(series.size === 0 ? point : this.#shown(series, point, seen));
    }
    for (const [key, each] of series) {
      if (each.final === null) continue;
      const point = this.#shown(series, each.final, seen);
      if (each.zeroWindow === null) each.finalWindow ??= window;
      if (each.finalWindow !== null && seen >= each.finalWindow) this.#forget(series, key);
      else page.push(point);
    }
    return page;
  }

  #begin(held: Map<string, Held>, key: string, window: number): void {
    if (held.has(key) || this.#heldCount >= MOST_HELD) return;
    this.#heldCount++;
    held.set(key, { zeroWindow: window, final: null, finalWindow: null, offset: 0, start: null });
  }

  /** A series has a value. An ended series that some scraper has not seen continues from its last value. */
  #goOn(held: Map<string, Held>, key: string): void {
    const known = held.get(key);
    if (known === undefined || known.final === null) return;
    if (typeof known.final.value === 'number') known.offset += known.final.value;
    known.start ??= known.final.startTime;
    known.final = null;
    known.finalWindow = null;
  }

  #end(held: Map<string, Held>, last: Point, window: number): void {
    const key = keyOf(last.attributes);
    const known = held.get(key);
    if (known !== undefined) {
      known.final = last;
      // The value on the page of the previous window, unless it was held there.
      known.finalWindow = known.zeroWindow === null ? window - 1 : null;
    } else if (this.#heldCount < MOST_HELD) {
      this.#heldCount++;
      held.set(key, { zeroWindow: null, final: last, finalWindow: window - 1, offset: 0, start: null });
    }
  }

  /** The value of a point on the page. */
  #shown(held: Map<string, Held>, point: Point, seen: number): Point {
    const key = keyOf(point.attributes);
    const known = held.get(key);
    if (known === undefined) return point;
    if (known.zeroWindow !== null && seen >= known.zeroWindow) known.zeroWindow = null;
    const { value } = point;
    const startTime = known.start ?? point.startTime;
    if (known.zeroWindow !== null) {
      return { ...point, startTime, value: typeof value === 'number' ? 0 : (emptied(value) as Histogram) };
    }
    if (known.offset === 0 && known.final === null) this.#forget(held, key);
    return typeof value === 'number' && known.offset > 0
      ? { ...point, startTime, value: value + known.offset }
      : point;
  }

  #forget(held: Map<string, Held>, key: string): void {
    if (held.delete(key)) this.#heldCount--;
  }
}

/**
 * The newest closed window for scrapers: as exported, or, if OTLP uses deltas or exponential
 * buckets, which scrapes do not support, from separate meters.
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
   * The content of the page: each series once, new ones as 0 until all scrapers have seen the 0. Null before the
   * first window has closed.
   */
  get metrics(): ResourceMetrics | null {
    return this.#metrics;
  }

  /**
   * Returns the current window for a visitor, or that there is none yet. Call the result when the visitor has received the whole page:
   * content of a page that did not arrive is shown again.
   */
  visit(visitor: Visitor): () => void {
    const window = this.#windows;
    return () => this.#scrapers.note(visitor, window, this.#clock.monotonicSeconds());
  }

  recordTick(usage: Usage, tickSeconds: number | null): void {
    this.#own?.recordTick(usage, tickSeconds);
  }

  /** Takes a window and its exported metrics. */
  async turnTo(window: ExportWindow, self: ProgramFigures, exported: ResourceMetrics): Promise<void> {
    const metrics = (await this.#own?.collectWindow(window, self)) ?? exported;
    const seen = this.#scrapers.seen(this.#clock.monotonicSeconds());
    this.#windows++;
    this.#metrics = this.#held.pageOf(metrics, this.#windows, hrTimeOf(window.endUnixMillis), seen);
  }
}

type Value = number | Histogram;

type Point = DataPoint<Value>;

/** A counter that some scraper has not seen completely. */
interface Held {
  /** The first window whose page had it as 0; null after all scrapers have seen that, or if not needed. */
  zeroWindow: number | null;
  /** Its last point after its end; … */
  final: Point | null;
  /** … and the first window whose page had that point. */
  finalWindow: number | null;
  /** Sum of earlier ended series, from which this one continues. */
  offset: number;
  /** The start of the first of those; null if there is none. */
  start: HrTime | null;
}

/** The held counters of a metric, by their attributes as text. */
interface HeldMetric {
  /** For its description. */
  readonly metric: MetricData;
  readonly series: Map<string, Held>;
}

function isCounter(metric: MetricData): boolean {
  return metric.dataPointType === DataPointType.SUM
    ? metric.isMonotonic
    : metric.dataPointType === DataPointType.HISTOGRAM;
}

function pointsNamed(metrics: readonly MetricData[], { descriptor }: MetricData): () => readonly Point[] {
  return () =>
    (metrics.find((metric) => metric.descriptor.name === descriptor.name)?.dataPoints ?? []) as Point[];
}

function keyOf(attributes: Attributes): string {
  return JSON.stringify(attributes);
}
