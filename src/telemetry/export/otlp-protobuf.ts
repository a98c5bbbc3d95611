import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type GaugeMetricData,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import { columnsOf, type PointColumns } from '../points/point-columns.ts';
import { endsSeries } from '../points/series-end.ts';
import { NO_RECORDED_VALUE_FLAG, temporalityNumber } from './otlp-json.ts';
import { LEAST_BYTES, ProtobufWriter } from './protobuf-writer.ts';

/** The first number that an `int64` cannot hold. */
const INT64 = 2 ** 63;

/**
 * The buffer of a delivered window, for the next one. A window of thousands of units has 20 MB: new buffers would be resident
 * until V8 collects them.
 */
let spare: Uint8Array | null = null;
/** Memory that only windows use. */
const windowMemory = new WeakSet<ArrayBufferLike>();
/** Larger memory is kept for windows that use this part of it. */
const KEPT_BYTES = 1024 * 1024;
const KEPT_SHARE = 0.25;

/** Bytes of a point, as new memory has them and as reused memory must have them at least (docs/scaling.md). */
const POINT_BYTES = 220;
const LEAST_POINT_BYTES = 190;

/** Memory for a window, so that the writer need not grow: each growth leaves memory that V8 collects late. */
function takeRoom(scopes: readonly ScopeMetrics[]): Uint8Array {
  let points = 0;
  for (const { metrics } of scopes)
    for (const metric of metrics) points += columnsOf(metric)?.count ?? metric.dataPoints.length;
  const room = spare;
  spare = null;
  if (room !== null && room.length >= points * LEAST_POINT_BYTES) return room;
  return Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, points * POINT_BYTES));
}

/** The bytes that `otlpProtobuf` returned are not used any more, and will be overwritten. */
export function reuseWindow({ buffer, length }: Uint8Array): void {
  const { byteLength } = buffer;
  if (!windowMemory.has(buffer) || byteLength > Math.max(KEPT_BYTES, length / KEPT_SHARE)) return;
  spare = new Uint8Array(buffer);
}

/**
 * An `ExportMetricsServiceRequest` as protobuf (opentelemetry/proto/metrics/v1/metrics.proto). The SDK's serializer writes
 * the same, but has no flags for points: the end of a series would look like a value.
 */
export function otlpProtobuf({ resource, scopeMetrics }: ResourceMetrics): Uint8Array {
  const to = new ProtobufWriter(takeRoom(scopeMetrics));
  to.message(1, () => {
    writeResource(to, resource);
    for (const each of scopeMetrics) to.message(2, () => writeScopeMetrics(to, each));
    if (resource.schemaUrl) to.string(3, resource.schemaUrl);
  });
  const bytes = to.finish();
  windowMemory.add(bytes.buffer);
  return bytes;
}

/** The resource of a request: its first field for every signal. */
export function writeResource(to: ProtobufWriter, { attributes }: Pick<Resource, 'attributes'>): void {
  to.message(1, () => {
    writeAttributes(to, 1, attributes);
    to.varint(2, 0);
  });
}

/** The scope of metrics or spans: the first field of both. */
export function writeScope(to: ProtobufWriter, { name, version }: InstrumentationScope): void {
  to.message(1, () => {
    to.string(1, name);
    if (version) to.string(2, version);
  });
}

function writeScopeMetrics(to: ProtobufWriter, { scope, metrics }: ScopeMetrics): void {
  writeScope(to, scope);
  for (const metric of metrics) to.message(2, () => writeMetric(to, metric));
  if (scope.schemaUrl) to.string(3, scope.schemaUrl);
}

/** Fields of `Metric`; the form of its points is the number of the field that holds them. */
function writeMetric(to: ProtobufWriter, metric: MetricData): void {
  const { name, description, unit, valueType } = metric.descriptor;
  to.string(1, name);
  if (description !== '') to.string(2, description);
  if (unit !== '') to.string(3, unit);
  const temporality = temporalityNumber(metric.aggregationTemporality);
  switch (metric.dataPointType) {
    case DataPointType.GAUGE:
      to.message(5, () => writeNumbers(to, metric, valueType));
      break;
    case DataPointType.SUM:
      to.message(7, () => {
        writeNumbers(to, metric, valueType);
        to.varint(2, temporality);
        if (metric.isMonotonic) to.varint(3, 1);
      });
      break;
    case DataPointType.HISTOGRAM:
      to.message(9, () => {
        writePoints(to, metric.dataPoints, (point) => writeHistogram(to, point));
        to.varint(2, temporality);
      });
      break;
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      to.message(10, () => {
        writePoints(to, metric.dataPoints, (point) => writeExponential(to, point));
        to.varint(2, temporality);
      });
  }
}

function writePoints<Value>(
  to: ProtobufWriter,
  points: readonly DataPoint<Value>[],
  write: (point: DataPoint<Value>) => void,
): void {
  for (const point of points) to.message(1, () => write(point));
}

function writeNumbers(
  to: ProtobufWriter,
  metric: GaugeMetricData | SumMetricData,
  valueType: ValueType,
): void {
  const columns = columnsOf(metric);
  if (columns === undefined) writePoints(to, metric.dataPoints, (point) => writeNumber(to, point, valueType));
  else writeColumns(to, columns, valueType);
}

/** Bytes of a number of fixed width, and with its tag. */
const BARE_BYTES = 8;
const FIXED_FIELD_BYTES = 9;
/** Bytes of the flags with their tag. */
const FLAGS_BYTES = 2;

/** The same as `writeNumber` for each point. Its length is known in advance, so that nothing is moved. */
function writeColumns(to: ProtobufWriter, columns: PointColumns, valueType: ValueType): void {
  const { count, subjects, set, startUnixMillis, endUnixMillis, value, sets } = columns;
  const own = sets.map((attributes) => to.apart(() => writeAttributes(to, 7, attributes)));
  for (let i = 0; i < count; i++) {
    const subject = subjects[i]!;
    subject.encoded ??= to.apart(() => writeAttributes(to, 7, subject.identity));
    const more = own[set[i]!]!;
    const number = value[i]!;
    const hasValue = !Number.isNaN(number);
    const fixedBytes = 2 * FIXED_FIELD_BYTES + (hasValue ? FIXED_FIELD_BYTES : FLAGS_BYTES);
    to.head(1, fixedBytes + subject.encoded.length + more.length);
    to.unixMillis(2, startUnixMillis[i]!);
    to.unixMillis(3, endUnixMillis[i]!);
    if (!hasValue) to.varint(8, NO_RECORDED_VALUE_FLAG);
    else if (valueType === ValueType.INT) to.fixed64(6, number);
    else to.double(4, number);
    to.rawText(subject.encoded);
    if (more !== '') to.rawText(more);
  }
}

/** `NumberDataPoint`. */
function writeNumber(to: ProtobufWriter, point: DataPoint<number>, valueType: ValueType): void {
  writeTimes(to, point.startTime, point.endTime);
  if (endsSeries(point)) to.varint(8, NO_RECORDED_VALUE_FLAG);
  else if (valueType === ValueType.INT) to.fixed64(6, point.value);
  else to.double(4, point.value);
  writePointAttributes(to, 7, point.attributes);
}

/** `HistogramDataPoint`. */
function writeHistogram(to: ProtobufWriter, point: DataPoint<Histogram>): void {
  const { count, buckets, min, max } = point.value;
  writeTimes(to, point.startTime, point.endTime);
  to.fixed64(4, count);
  writeSum(to, point);
  const { counts, boundaries } = buckets;
  to.head(6, BARE_BYTES * counts.length);
  for (let i = 0; i < counts.length; i++) to.bareFixed64(counts[i]!);
  to.head(7, BARE_BYTES * boundaries.length);
  for (let i = 0; i < boundaries.length; i++) to.bareDouble(boundaries[i]!);
  writePointAttributes(to, 9, point.attributes);
  if (min !== undefined) to.double(11, min);
  if (max !== undefined) to.double(12, max);
}

/** `ExponentialHistogramDataPoint`. */
function writeExponential(to: ProtobufWriter, point: DataPoint<ExponentialHistogram>): void {
  const { count, scale, zeroCount, positive, negative, min, max } = point.value;
  writePointAttributes(to, 1, point.attributes);
  writeTimes(to, point.startTime, point.endTime);
  to.fixed64(4, count);
  writeSum(to, point);
  if (scale !== 0) to.zigzag(6, scale);
  to.fixed64(7, zeroCount);
  for (const [field, { offset, bucketCounts }] of [
    [8, positive],
    [9, negative],
  ] as const) {
    to.message(field, () => {
      if (offset !== 0) to.zigzag(1, offset);
      if (bucketCounts.length === 0) return;
      to.message(2, () => {
        for (const each of bucketCounts) to.bareVarint(each);
      });
    });
  }
  if (min !== undefined) to.double(12, min);
  if (max !== undefined) to.double(13, max);
}

/** Fields of both forms of histograms. A point that ends a series has a sum: that is a separate series in Prometheus. */
function writeSum(to: ProtobufWriter, point: DataPoint<Histogram> | DataPoint<ExponentialHistogram>): void {
  const { sum } = point.value;
  if (endsSeries(point)) {
    to.double(5, 0);
    to.varint(10, NO_RECORDED_VALUE_FLAG);
  } else if (sum !== undefined) to.double(5, sum);
}

/** Fields that all points have. */
function writeTimes(to: ProtobufWriter, startTime: HrTime, endTime: HrTime): void {
  to.nanoseconds(2, startTime);
  to.nanoseconds(3, endTime);
}

/**
 * Attributes of points as they were last written, with their field. Dozens of points of each window have the same attributes
 * object, and keep it from window to window.
 */
const writtenAttributes = new WeakMap<Attributes, { readonly field: number; readonly bytes: Uint8Array }>();

/** Attributes of a point, which are not changed after the first call. */
function writePointAttributes(to: ProtobufWriter, field: number, attributes: Attributes): void {
  const known = writtenAttributes.get(attributes);
  if (known?.field === field) to.raw(known.bytes);
  else {
    const bytes = to.written(() => writeAttributes(to, field, attributes));
    writtenAttributes.set(attributes, { field, bytes });
  }
}

function writeAttributes(to: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const key of Object.keys(attributes)) writeAttribute(to, field, key, attributes[key]);
}

/** A `KeyValue`. */
export function writeAttribute(
  to: ProtobufWriter,
  field: number,
  key: string,
  value: AttributeValue | undefined | null,
): void {
  const whole = to.begin(field);
  to.string(1, key);
  const any = to.begin(2);
  writeAnyValue(to, value);
  to.end(any);
  to.end(whole);
}

/** Fields of `AnyValue`. */
function writeAnyValue(to: ProtobufWriter, value: AttributeValue | undefined | null): void {
  if (typeof value === 'string') to.string(1, value);
  else if (typeof value === 'boolean') to.varint(2, value ? 1 : 0);
  else if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= -INT64 && value < INT64) to.varint(3, value);
    else to.double(4, value);
  } else if (Array.isArray(value)) {
    to.message(5, () => {
      for (const item of value) to.message(1, () => writeAnyValue(to, item));
    });
  }
}
