import type { Attributes, HrTime } from '@opentelemetry/api';
import type { DataPoint, GaugeMetricData, MetricData, SumMetricData } from '@opentelemetry/sdk-metrics';
import { grown } from '../../sampling/grown.ts';
import { hrTimeOf } from '../hr-time.ts';

/** The subject of points. Its objects are created on first use, because a run needs only some of them. */
export interface PointSubject {
  /** Its own attributes; a point also has those of its series. */
  readonly identity: Attributes;
  /** Attributes of its points, by the set of attributes of their series. */
  attributes: (Attributes | undefined)[] | null;
  /** `identity` as the encoder wrote it, each byte as a character. */
  encoded: string | null;
}

const LEAST_ROOM = 64;

/**
 * Points of one metric as columns. A window of thousands of units has a hundred thousand points: an object for each would
 * outlive V8's young generation and fill the heap. The columns are reused by the next window.
 */
export class PointColumns {
  /** Sets of attributes that series add to those of the subject. */
  readonly sets: readonly Attributes[];
  count = 0;
  /** Number of points that have the time of the window's end and a value. */
  seriesCount = 0;
  subjects: PointSubject[] = [];
  /** By point: index of the set of attributes of its series. */
  set = new Uint8Array(0);
  startUnixMillis = new Float64Array(0);
  endUnixMillis = new Float64Array(0);
  /** NaN (`NO_RECORDED_VALUE`) for a point that ends its series. */
  value = new Float64Array(0);
  #windowEndUnixMillis = 0;
  /** Number of the window that the columns belong to. */
  window = 0;

  constructor(sets: readonly Attributes[]) {
    this.sets = sets;
  }

  /** Begins a window. Metrics of the previous one cannot be read any more. */
  begin(windowEndUnixMillis: number): void {
    this.window++;
    this.count = 0;
    this.seriesCount = 0;
    this.#windowEndUnixMillis = windowEndUnixMillis;
  }

  add(
    subject: PointSubject,
    set: number,
    startUnixMillis: number,
    endUnixMillis: number,
    value: number,
  ): void {
    const at = this.count++;
    if (at === this.value.length) this.#grow();
    this.subjects[at] = subject;
    this.set[at] = set;
    this.startUnixMillis[at] = startUnixMillis;
    this.endUnixMillis[at] = endUnixMillis;
    this.value[at] = value;
    if (endUnixMillis === this.#windowEndUnixMillis && !Number.isNaN(value)) this.seriesCount++;
  }

  /** Ends a window: subjects that are gone are released. */
  finish(): void {
    if (this.subjects.length > this.count) this.subjects.length = this.count;
  }

  /** Adds the points of columns with the same sets of attributes. */
  append({ count, subjects, set, startUnixMillis, endUnixMillis, value }: PointColumns): void {
    for (let i = 0; i < count; i++)
      this.add(subjects[i]!, set[i]!, startUnixMillis[i]!, endUnixMillis[i]!, value[i]!);
  }

  /** A copy in which each value of the window is followed, at the end, by a point without value at `endUnixMillis`. */
  withEnds(endUnixMillis: number): PointColumns {
    const copy = new PointColumns(this.sets);
    copy.begin(this.#windowEndUnixMillis);
    copy.append(this);
    const { count, subjects, set, startUnixMillis, value } = this;
    for (let i = 0; i < count; i++) {
      if (this.endUnixMillis[i] !== this.#windowEndUnixMillis || Number.isNaN(value[i])) continue;
      copy.add(subjects[i]!, set[i]!, startUnixMillis[i]!, endUnixMillis, Number.NaN);
    }
    return copy;
  }

  /** The points as objects of the SDK's data model. */
  points(): DataPoint<number>[] {
    const points: DataPoint<number>[] = [];
    let end: HrTime = [0, 0];
    for (let i = 0; i < this.count; i++) {
      const endUnixMillis = this.endUnixMillis[i]!;
      if (i === 0 || endUnixMillis !== this.endUnixMillis[i - 1]) end = hrTimeOf(endUnixMillis);
      points.push({
        attributes: pointAttributes(this.subjects[i]!, this.set[i]!, this.sets),
        startTime: hrTimeOf(this.startUnixMillis[i]!),
        endTime: end,
        value: this.value[i]!,
      });
    }
    return points;
  }

  #grow(): void {
    const room = Math.max(LEAST_ROOM, 2 * this.value.length);
    this.startUnixMillis = grown(this.startUnixMillis, room);
    this.endUnixMillis = grown(this.endUnixMillis, room);
    this.value = grown(this.value, room);
    this.set = grown(this.set, room);
  }
}

/**
 * Attributes of the points of a subject's series. The same object in every window: scrapers' pages find a series by it.
 */
export function pointAttributes(subject: PointSubject, set: number, sets: readonly Attributes[]): Attributes {
  subject.attributes ??= [];
  let attributes = subject.attributes[set];
  if (attributes === undefined) {
    attributes = { ...subject.identity, ...sets[set] };
    subject.attributes[set] = attributes;
  }
  return attributes;
}

/** A metric without its points. */
type MetricForm = Omit<GaugeMetricData, 'dataPoints'> | Omit<SumMetricData, 'dataPoints'>;

/** The metrics that `metricOfColumns` made. */
const MADE = new WeakMap<MetricData, { readonly form: MetricForm; readonly columns: PointColumns }>();

/** The columns of a metric; undefined if it has points only. */
export function columnsOf(metric: MetricData): PointColumns | undefined {
  return MADE.get(metric)?.columns;
}

/** A metric whose `dataPoints` are made of `columns` when they are first read: before the next window begins, or never. */
export function metricOfColumns(form: MetricForm, columns: PointColumns): MetricData {
  const { window } = columns;
  let points: DataPoint<number>[] | undefined;
  const metric = {
    ...form,
    get dataPoints() {
      if (points === undefined && columns.window !== window)
        throw new Error('the points of a window were read after the next one had begun');
      points ??= columns.points();
      return points;
    },
  } as MetricData;
  MADE.set(metric, { form, columns });
  return metric;
}

/** See `PointColumns.withEnds`; undefined if the metric has points only. */
export function columnsWithEnds(metric: MetricData, endUnixMillis: number): MetricData | undefined {
  const made = MADE.get(metric);
  return made && metricOfColumns(made.form, made.columns.withEnds(endUnixMillis));
}
