import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, MeterProvider, type MetricData } from '@opentelemetry/sdk-metrics';
import type { ExecutableWindow, ExportWindow, UnitWindow } from '../ledger/window/export-window.ts';
import { executableAttributes, unitAttributes } from './attributes.ts';
import type { Metric, SelfReading } from './catalogue/metric.ts';
import type { ChosenMetrics } from './catalogue.ts';
import { pointValue } from './point-value.ts';
import { metricOfColumns, PointColumns, type PointSubject, pointAttributes } from './points/point-columns.ts';
import type { WindowTimes } from './points/series-end.ts';
import { attributeSets, type Observed } from './points/subject-points.ts';
import { INSTRUMENTS, restamped, WindowReader } from './window-reader.ts';

/** A unit, an executable of a unit, or the program itself, in a window. */
interface Reading<From> {
  readonly subject: PointSubject;
  readonly figures: From;
}

/** A gauge, and its points in the last window. */
interface Gauge<From> {
  readonly metric: Observed<From>;
  /** By series: index of its attributes among those of the level. */
  readonly sets: readonly number[];
  readonly columns: PointColumns;
}

/**
 * Observable gauges of units, executable names and the program itself, collected by the SDK. Each gauge has a provider that is
 * dropped after its collection: units come and go for months and the SDK keeps every series, and during a collection it
 * needs about a kilobyte for each point.
 */
export class ObservedGauges {
  readonly #unit: readonly Gauge<UnitWindow>[];
  readonly #executable: readonly Gauge<ExecutableWindow>[];
  readonly #self: readonly Gauge<SelfReading>[];
  readonly #selfSeries: number;
  /** By the object that represents the subject in every window. */
  readonly #subjects = new WeakMap<object, PointSubject & { readonly label: string }>();
  readonly #program: PointSubject = { identity: {}, attributes: null, encoded: null };

  constructor({ unit, executable, self }: Pick<ChosenMetrics, 'unit' | 'executable' | 'self'>) {
    this.#unit = gaugesAmong(unit);
    this.#executable = gaugesAmong(executable);
    this.#self = gaugesAmong(self);
    this.#selfSeries = this.#self.reduce((sum, { metric }) => sum + metric.series.length, 0);
  }

  /** The gauges of a window. `selfOf` is called last, with the number of points of all gauges. */
  async collect(window: ExportWindow, selfOf: (observed: number) => SelfReading): Promise<MetricData[]> {
    const { units } = window;
    const metrics: MetricData[] = [];
    let observed = await collectLevel(this.#unit, this.#readUnits(units), window, metrics);
    observed += await collectLevel(this.#executable, this.#readExecutables(units), window, metrics);
    const self = [{ subject: this.#program, figures: selfOf(observed + this.#selfSeries) }];
    await collectLevel(this.#self, self, window, metrics);
    return metrics;
  }

  #readUnits(units: readonly UnitWindow[]): readonly Reading<UnitWindow>[] {
    return units.map((unit) => ({
      subject: this.#subjectOf(unit.series, unit.unit, () => unitAttributes(unit.unit)),
      figures: unit,
    }));
  }

  #readExecutables(units: readonly UnitWindow[]): readonly Reading<ExecutableWindow>[] {
    return units.flatMap(({ unit, executables }) =>
      executables.map((executable) => ({
        subject: this.#subjectOf(executable.series, unit, () => executableAttributes(unit, executable)),
        figures: executable,
      })),
    );
  }

  #subjectOf(key: object, label: string, identity: () => PointSubject['identity']): PointSubject {
    let subject = this.#subjects.get(key);
    if (subject?.label !== label) {
      subject = { label, identity: identity(), attributes: null, encoded: null };
      this.#subjects.set(key, subject);
    }
    return subject;
  }
}

/** The metrics of a level that are observed as gauges. */
export function gaugesOf<M extends Metric>(level: readonly M[]): M[] {
  return level.filter(isObserved);
}

export function isObserved(metric: Metric): boolean {
  return metric.instrument === 'gauge' && metric.accumulates !== true;
}

function gaugesAmong<From>(level: readonly Observed<From>[]): Gauge<From>[] {
  const metrics = gaugesOf(level);
  const { sets, indexOf } = attributeSets(metrics);
  return metrics.map((metric) => ({
    metric,
    sets: metric.series.map(({ attributes }) => indexOf(attributes)),
    columns: new PointColumns(sets),
  }));
}

/** Adds the metrics of the gauges that have points, and returns the number of points. */
async function collectLevel<From>(
  gauges: readonly Gauge<From>[],
  readings: readonly Reading<From>[],
  times: WindowTimes,
  metrics: MetricData[],
): Promise<number> {
  let points = 0;
  for (const gauge of gauges) {
    const reader = new WindowReader({
      temporality: AggregationTemporality.CUMULATIVE,
      histogramAggregation: 'explicit_bucket_histogram',
    });
    observe(new MeterProvider({ readers: [reader] }), gauge, readings, times);
    const [collected] = await reader.collectInstruments();
    points += gauge.columns.count;
    if (collected !== undefined) metrics.push(inColumns(collected, gauge.columns, times));
  }
  return points;
}

function observe<From>(
  provider: MeterProvider,
  { metric, sets, columns }: Gauge<From>,
  readings: readonly Reading<From>[],
  { startUnixMillis, endUnixMillis }: WindowTimes,
): void {
  const { name, series, valueType } = metric;
  const start = Math.min(startUnixMillis, endUnixMillis);
  const instrument = provider.getMeter(INSTRUMENTS).createObservableGauge(name, optionsOf(metric));
  instrument.addCallback((result) => {
    columns.begin(endUnixMillis);
    for (const { subject, figures } of readings) {
      for (let i = 0; i < series.length; i++) {
        const value = pointValue(series[i]!.read(figures), valueType);
        if (value === null) continue;
        const set = sets[i]!;
        columns.add(subject, set, start, endUnixMillis, value);
        result.observe(value, pointAttributes(subject, set, columns.sets));
      }
    }
    columns.finish();
  });
}

/** The SDK's points in columns, in the order of the observations; as they are if subjects share attributes. */
function inColumns(metric: MetricData, columns: PointColumns, times: WindowTimes): MetricData {
  const { descriptor, aggregationTemporality, dataPointType, dataPoints } = metric;
  if (dataPoints.length !== columns.count) return restamped(metric, times);
  for (let i = 0; i < dataPoints.length; i++) columns.value[i] = dataPoints[i]!.value as number;
  return metricOfColumns({ descriptor, aggregationTemporality, dataPointType } as Gauged, columns);
}

type Gauged = Parameters<typeof metricOfColumns>[0];

/** Options of the instrument of a metric. */
export function optionsOf({ unit, description, valueType }: Metric) {
  return { unit, description, valueType: valueType === 'int' ? ValueType.INT : ValueType.DOUBLE };
}
