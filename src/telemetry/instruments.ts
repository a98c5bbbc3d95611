import { type Attributes, type Histogram, type Meter, ValueType } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { ExportWindow } from '../ledger/window/export-window.ts';
import { executableAttributes, unitAttributes } from './attributes.ts';
import type { Metric, SelfReading, TickMetric } from './catalogue/metric.ts';
import type { ChosenMetrics } from './catalogue.ts';
import { pointValue } from './point-value.ts';
import type { Observed } from './points/subject-points.ts';
import type { MetricsElsewhere } from './points/window-points.ts';
import { INSTRUMENTS } from './window-reader.ts';

/** One thing that observable gauges look at: a unit, an executable of a unit, or the program itself. */
interface Subject<From> {
  readonly attributes: Attributes;
  readonly figures: From;
}

/**
 * Observable gauges of units, executable names and the program itself, for one window. `selfOf` is asked last, with the
 * points that were observed before it.
 */
export function observeWindow(
  provider: MeterProvider,
  metrics: Pick<ChosenMetrics, 'unit' | 'executable' | 'self'>,
  { units }: ExportWindow,
  selfOf: (observed: number) => SelfReading,
): void {
  const meter = meterOf(provider);
  let observed = 0;
  const count = () => void observed++;
  observe(meter, gaugesOf(metrics.unit), count, () =>
    units.map((unit) => ({ attributes: unitAttributes(unit.unit), figures: unit })),
  );
  observe(meter, gaugesOf(metrics.executable), count, () =>
    units.flatMap(({ unit, executables }) =>
      executables.map((executable) => ({
        attributes: executableAttributes(unit, executable),
        figures: executable,
      })),
    ),
  );
  // Callbacks are called in the order in which they were added.
  const self = gaugesOf(metrics.self);
  const selfSeries = self.reduce((sum, { series }) => sum + series.length, 0);
  const figures = () => selfOf(observed + selfSeries);
  observe(
    meter,
    self,
    () => {},
    () => [{ attributes: {}, figures: figures() }],
  );
}

/** A histogram for what each tick cost, by metric. */
export function tickHistograms(
  provider: MeterProvider,
  metrics: readonly TickMetric[],
): readonly { readonly metric: TickMetric; readonly histogram: Histogram }[] {
  return metrics.map((metric) => ({
    metric,
    histogram: meterOf(provider).createHistogram(metric.name, {
      ...optionsOf(metric),
      advice: { explicitBucketBoundaries: [...metric.boundaries] },
    }),
  }));
}

/** What is no gauge of these levels, and not of ticks: points of it are made without instruments. */
export function withoutInstruments(metrics: ChosenMetrics): ChosenMetrics {
  const others = <M extends Metric>(level: readonly M[]) => level.filter((metric) => !isObserved(metric));
  return {
    ...metrics,
    unit: others(metrics.unit),
    executable: others(metrics.executable),
    self: others(metrics.self),
    tick: [],
  };
}

/** The metrics of units and executable names that `observeWindow` observes. */
export function withInstruments({ unit, executable }: ChosenMetrics): MetricsElsewhere {
  return { unit: gaugesOf(unit), executable: gaugesOf(executable) };
}

function gaugesOf<M extends Metric>(level: readonly M[]): M[] {
  return level.filter(isObserved);
}

function isObserved(metric: Metric): boolean {
  return metric.instrument === 'gauge' && metric.accumulates !== true;
}

function meterOf(provider: MeterProvider): Meter {
  return provider.getMeter(INSTRUMENTS);
}

function observe<From>(
  meter: Meter,
  metrics: readonly Observed<From>[],
  count: () => void,
  subjectsOf: () => readonly Subject<From>[],
): void {
  let subjects: readonly Subject<From>[] | undefined;
  for (const metric of metrics) {
    meter.createObservableGauge(metric.name, optionsOf(metric)).addCallback((result) => {
      subjects ??= subjectsOf();
      for (const { attributes, figures } of subjects) {
        for (const series of metric.series) {
          const value = pointValue(series.read(figures), metric.valueType);
          if (value === null) continue;
          result.observe(value, { ...attributes, ...series.attributes });
          count();
        }
      }
    });
  }
}

function optionsOf({ unit, description, valueType }: Metric) {
  return { unit, description, valueType: valueType === 'int' ? ValueType.INT : ValueType.DOUBLE };
}
