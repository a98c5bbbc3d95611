import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type MetricData,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ExportWindow, ProcessWindow } from '../ledger/export-window.ts';
import { processAttributes } from './attributes.ts';
import type { ProcessMetric } from './catalogue/metric.ts';
import type { CurrentWindow } from './current-window.ts';
import { hrTimeOf } from './hr-time.ts';
import { pointValue } from './point-value.ts';
import type { Temporality } from './temporality.ts';

/** What was exported of a process's counters last: by series, the cumulative value and the end of its window. */
interface LastExport {
  readonly values: Float64Array;
  readonly endUnixMillis: Float64Array;
}

/**
 * The series of single processes. The SDK's own instruments keep every process that ever was, so these points are
 * made straight from the window: a process that is no longer in it is gone, and nothing of it is kept. Sums count
 * from the process's own start; as deltas, from the end of the window in which they were exported last.
 */
export class ProcessProducer implements MetricProducer {
  readonly #metrics: readonly ProcessMetric[];
  readonly #scope: ScopeMetrics['scope'];
  readonly #current: CurrentWindow;
  readonly #deltas: boolean;
  readonly #counterSeries: number;
  #lastExports: Map<string, LastExport> = new Map();

  constructor(
    metrics: readonly ProcessMetric[],
    scope: ScopeMetrics['scope'],
    current: CurrentWindow,
    temporality: Temporality,
  ) {
    this.#metrics = metrics;
    this.#scope = scope;
    this.#current = current;
    this.#deltas = temporality === 'delta';
    this.#counterSeries = metrics
      .filter((metric) => metric.instrument === 'counter')
      .reduce((count, metric) => count + metric.series.length, 0);
  }

  async collect(): Promise<CollectionResult> {
    const window = this.#current.snapshot?.window;
    const metrics = window === undefined ? [] : this.#metricsOf(window);
    return {
      resourceMetrics: {
        resource: emptyResource(),
        scopeMetrics: metrics.length === 0 ? [] : [{ scope: this.#scope, metrics }],
      },
      errors: [],
    };
  }

  #metricsOf(window: ExportWindow): MetricData[] {
    const end = hrTimeOf(window.endUnixMillis);
    const windowStart = hrTimeOf(Math.min(window.startUnixMillis, window.endUnixMillis));
    const points: DataPoint<number>[][] = this.#metrics.map(() => []);
    const exports: Map<string, LastExport> = new Map();
    for (const unit of window.units) {
      for (const process of unit.processes) {
        const attributes = processAttributes(unit.unit, process);
        const start = hrTimeOf(Math.min(process.startUnixMillis, window.endUnixMillis));
        const last = this.#deltas ? this.#lastExportOf(unit.unit, process, exports) : null;
        let counter = 0;
        for (let i = 0; i < this.#metrics.length; i++) {
          const metric = this.#metrics[i]!;
          for (const series of metric.series) {
            const slot = metric.instrument === 'counter' ? counter++ : -1;
            const value = pointValue(series.read(process), metric.valueType);
            if (value === null) continue;
            const point =
              slot >= 0 && last !== null
                ? deltaOf(value, last, slot, process, window)
                : { value, startTime: metric.instrument === 'gauge' ? windowStart : start };
            points[i]!.push({
              attributes: merged(attributes, series.attributes),
              startTime: point.startTime,
              endTime: end,
              value: point.value,
            });
          }
        }
      }
    }
    // What is not in this window has ended, or has no series of its own any more.
    this.#lastExports = exports;
    return this.#metrics.flatMap((metric, i) =>
      points[i]!.length === 0 ? [] : [metricData(metric, points[i]!, this.#deltas)],
    );
  }

  #lastExportOf(unit: string, process: ProcessWindow, exports: Map<string, LastExport>): LastExport {
    const key = `${process.pid}\0${process.createdAt}\0${unit}`;
    const last = this.#lastExports.get(key) ?? {
      values: new Float64Array(this.#counterSeries),
      endUnixMillis: new Float64Array(this.#counterSeries).fill(Number.NaN),
    };
    if (!process.ended) exports.set(key, last);
    return last;
  }
}

function deltaOf(
  value: number,
  last: LastExport,
  slot: number,
  process: ProcessWindow,
  window: ExportWindow,
): { value: number; startTime: HrTime } {
  const lastEnd = last.endUnixMillis[slot]!;
  const delta = value - last.values[slot]!;
  const since = Number.isNaN(lastEnd) ? process.startUnixMillis : lastEnd;
  last.values[slot] = value;
  last.endUnixMillis[slot] = window.endUnixMillis;
  // A cumulative figure never falls; if one did, a negative delta would be refused with all that stands beside it.
  return { value: Math.max(delta, 0), startTime: hrTimeOf(Math.min(since, window.endUnixMillis)) };
}

function merged(own: Attributes, more: Attributes): Attributes {
  for (const _ in more) return { ...own, ...more };
  return own;
}

function metricData(metric: ProcessMetric, dataPoints: DataPoint<number>[], deltas: boolean): MetricData {
  const descriptor = {
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    valueType: metric.valueType === 'int' ? ValueType.INT : ValueType.DOUBLE,
  };
  if (metric.instrument === 'gauge') {
    return {
      descriptor,
      dataPointType: DataPointType.GAUGE,
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints,
    };
  }
  const monotonic = metric.instrument === 'counter';
  return {
    descriptor,
    dataPointType: DataPointType.SUM,
    aggregationTemporality:
      deltas && monotonic ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    isMonotonic: monotonic,
    dataPoints,
  };
}
