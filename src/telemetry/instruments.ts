import {
  type Attributes,
  type Histogram,
  type Meter,
  type ObservableResult,
  ValueType,
} from '@opentelemetry/api';
import type { Usage } from '../ledger/usage.ts';
import { diskAttributes, executableAttributes, unitAttributes } from './attributes.ts';
import type { Metric, SampleMetric, Series, TickMetric } from './catalogue/metric.ts';
import type { ChosenMetrics } from './catalogue.ts';
import type { CurrentWindow, WindowSnapshot } from './current-window.ts';
import type { ObservedSeries } from './observed-series.ts';
import { pointValue } from './point-value.ts';

/** One thing that observable instruments look at: a unit, a device or an executable of a unit, or the program itself. */
interface Subject<From> {
  readonly attributes: Attributes;
  readonly figures: From;
}

/**
 * The SDK's instruments for what is bounded: units, executable names, and the program itself. Observable ones read the
 * current window; histograms take every sample.
 */
export class Instruments {
  readonly #samples: readonly { readonly metric: SampleMetric; readonly histogram: Histogram }[];
  readonly #ticks: readonly { readonly metric: TickMetric; readonly histogram: Histogram }[];
  /** One attributes object a unit, made once: histograms are recorded thousands of times a second. */
  readonly #unitAttributes: Map<string, Attributes> = new Map();

  constructor(meter: Meter, metrics: ChosenMetrics, current: CurrentWindow, observed: ObservedSeries) {
    const observe = <From>(
      chosen: readonly (Metric & { readonly series: readonly Series<From>[] })[],
      subjects: (snapshot: WindowSnapshot) => Iterable<Subject<From>>,
    ): void => {
      for (const metric of chosen) observable(meter, metric, current, observed, subjects);
    };
    observe(metrics.unit, ({ window }) =>
      window.units.map((unit) => ({ attributes: this.#attributesOf(unit.unit), figures: unit })),
    );
    observe(metrics.disk, ({ window }) =>
      window.units.flatMap((unit) =>
        (unit.cgroup?.disks ?? []).map((disk) => ({
          attributes: diskAttributes(unit.unit, disk),
          figures: disk,
        })),
      ),
    );
    observe(metrics.executable, ({ window }) =>
      window.units.flatMap((unit) =>
        unit.executables.map((executable) => ({
          attributes: executableAttributes(unit.unit, executable),
          figures: executable,
        })),
      ),
    );
    observe(metrics.self, ({ self }) => [{ attributes: {}, figures: self }]);
    this.#samples = metrics.sample.map((metric) => ({ metric, histogram: histogram(meter, metric) }));
    this.#ticks = metrics.tick.map((metric) => ({ metric, histogram: histogram(meter, metric) }));
  }

  /** Units that have ever been met: the SDK keeps series of them all. */
  get knownUnits(): number {
    return this.#unitAttributes.size;
  }

  /** Records one tick's rows, those that have a rate, and what the tick cost where it is known. */
  recordTick(usage: Usage, tickSeconds: number | null): void {
    const { rows, liveSlots, liveCount } = usage;
    const attributes = usage.units.map((unit) => this.#attributesOf(unit.unit));
    for (let i = 0; i < liveCount; i++) {
      const slot = liveSlots[i]!;
      if (!(rows.observedSeconds[slot]! > 0)) continue;
      const unit = attributes[rows.unit[slot]!];
      for (const { metric, histogram } of this.#samples) {
        const value = metric.read(rows, slot);
        if (value >= 0 && value < Number.POSITIVE_INFINITY) histogram.record(value, unit);
      }
    }
    if (tickSeconds === null) return;
    for (const { metric, histogram } of this.#ticks) histogram.record(metric.read({ seconds: tickSeconds }));
  }

  #attributesOf(unit: string): Attributes {
    let attributes = this.#unitAttributes.get(unit);
    if (attributes === undefined) {
      attributes = unitAttributes(unit);
      this.#unitAttributes.set(unit, attributes);
    }
    return attributes;
  }
}

function observable<From>(
  meter: Meter,
  metric: Metric & { readonly series: readonly Series<From>[] },
  current: CurrentWindow,
  observed: ObservedSeries,
  subjects: (snapshot: WindowSnapshot) => Iterable<Subject<From>>,
): void {
  const options = optionsOf(metric);
  const counts = metric.instrument === 'counter';
  const instrument = counts
    ? meter.createObservableCounter(metric.name, options)
    : meter.createObservableGauge(metric.name, options);
  instrument.addCallback((result: ObservableResult) => {
    if (current.snapshot === null) return;
    for (const { attributes, figures } of subjects(current.snapshot)) {
      for (const series of metric.series) {
        const value = pointValue(series.read(figures), metric.valueType);
        if (value === null) continue;
        const all = { ...attributes, ...series.attributes };
        result.observe(value, all);
        if (counts) observed.add(metric.name, all);
      }
    }
  });
}

function histogram(meter: Meter, metric: SampleMetric | TickMetric): Histogram {
  return meter.createHistogram(metric.name, {
    ...optionsOf(metric),
    advice: { explicitBucketBoundaries: [...metric.boundaries] },
  });
}

function optionsOf(metric: Metric): { unit: string; description: string; valueType: ValueType } {
  return {
    unit: metric.unit,
    description: metric.description,
    valueType: metric.valueType === 'int' ? ValueType.INT : ValueType.DOUBLE,
  };
}
