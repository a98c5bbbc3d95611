import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValueType } from '@opentelemetry/api';
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { ENCODINGS } from '../../../src/telemetry/export/otlp-encoding.ts';
import { endOf, NO_RECORDED_VALUE } from '../../../src/telemetry/points/series-end.ts';

const TIME = fc.tuple(fc.integer({ min: 0, max: 2 ** 33 }), fc.integer({ min: 0, max: 999_999_999 }));
const WHOLE = fc.oneof(
  fc.maxSafeInteger(),
  fc.maxSafeNat(),
  fc.constantFrom(0, -1, 2 ** 31, 2 ** 32, -(2 ** 32)),
);
const COUNT = fc.oneof(fc.nat(), fc.maxSafeNat());
const DOUBLE = fc.double({ noNaN: true, noDefaultInfinity: true });
const TEXT = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.constant('x'.repeat(300)),
);
const ATTRIBUTES = fc.dictionary(
  TEXT.filter((key) => key !== '__proto__'),
  fc.oneof(TEXT, WHOLE, DOUBLE, fc.boolean(), fc.array(TEXT)),
  { maxKeys: 4 },
);
const point = <Value>(value: fc.Arbitrary<Value>) =>
  fc.record({ attributes: ATTRIBUTES, startTime: TIME, endTime: TIME, value });
const HISTOGRAM = fc.record(
  {
    count: COUNT,
    sum: DOUBLE,
    min: DOUBLE,
    max: DOUBLE,
    buckets: fc.record({
      boundaries: fc.array(DOUBLE, { minLength: 1, maxLength: 5 }),
      counts: fc.array(COUNT, { minLength: 1, maxLength: 6 }),
    }),
  },
  { requiredKeys: ['count', 'buckets'] },
);
const BUCKETS = fc.record({ offset: fc.integer({ min: -1000, max: 1000 }), bucketCounts: fc.array(COUNT) });
const EXPONENTIAL = fc.record(
  {
    count: COUNT,
    sum: DOUBLE,
    min: DOUBLE,
    max: DOUBLE,
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: COUNT,
    positive: BUCKETS,
    negative: BUCKETS,
  },
  { requiredKeys: ['count', 'scale', 'zeroCount', 'positive', 'negative'] },
);

function metric(
  dataPointType: DataPointType,
  valueType: ValueType,
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<MetricData> {
  return fc.record({
    descriptor: fc.record({ name: TEXT, description: TEXT, unit: TEXT, valueType: fc.constant(valueType) }),
    aggregationTemporality: fc.constantFrom(AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE),
    dataPointType: fc.constant(dataPointType),
    isMonotonic: fc.boolean(),
    dataPoints: fc.array(point(value), { maxLength: 4 }),
  }) as fc.Arbitrary<MetricData>;
}

const METRIC = fc.oneof(
  metric(DataPointType.GAUGE, ValueType.DOUBLE, DOUBLE),
  metric(DataPointType.SUM, ValueType.DOUBLE, DOUBLE),
  metric(DataPointType.SUM, ValueType.INT, WHOLE),
  metric(DataPointType.HISTOGRAM, ValueType.DOUBLE, HISTOGRAM),
  metric(DataPointType.EXPONENTIAL_HISTOGRAM, ValueType.DOUBLE, EXPONENTIAL),
);

function windowOf(
  attributes: Record<string, string>,
  metrics: MetricData[],
  schemaUrl?: string,
): ResourceMetrics {
  return {
    resource: resourceFromAttributes(attributes, schemaUrl === undefined ? {} : { schemaUrl }),
    scopeMetrics: [
      {
        scope: { name: 'unitledger', version: '1.2.3', ...(schemaUrl !== undefined && { schemaUrl }) },
        metrics,
      },
    ],
  };
}

const WINDOW = fc
  .tuple(
    fc.dictionary(
      TEXT.filter((key) => key !== '__proto__'),
      TEXT,
      { maxKeys: 3 },
    ),
    fc.array(METRIC, { maxLength: 4 }),
    fc.option(fc.webUrl(), { nil: undefined }),
  )
  .map(([attributes, metrics, schemaUrl]) => windowOf(attributes, metrics, schemaUrl));

test('values are encoded like by the SDK’s serializers', () => {
  fc.assert(
    fc.property(WINDOW, (window) => {
      const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));
      const bySdk = json(JsonMetricsSerializer.serializeRequest(window));
      // The SDK repeats it here, where OTLP has no such field.
      delete bySdk.resourceMetrics[0].resource.schemaUrl;
      assert.deepEqual(json(ENCODINGS.json.encode(window)), bySdk);
      assert.deepEqual(
        Buffer.from(ENCODINGS.protobuf.encode(window)).toString('hex'),
        Buffer.from(ProtobufMetricsSerializer.serializeRequest(window)!).toString('hex'),
      );
    }),
    { numRuns: 500 },
  );
});

/** A metric of one series that ends. */
function ending(form: 'sum' | 'gauge' | 'histogram' | 'exponentialHistogram'): ResourceMetrics {
  const base = {
    descriptor: { name: 'm', description: '', unit: '1', valueType: ValueType.INT },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const at = { attributes: { a: 'b' }, startTime: [1, 0], endTime: [2, 5] } as const;
  const buckets = { boundaries: [1, 2], counts: [3, 4, 5] };
  const sides = { positive: { offset: 3, bucketCounts: [7] }, negative: { offset: 0, bucketCounts: [] } };
  const counted = { count: 12, sum: 9, min: 1, max: 2 };
  const metrics = {
    sum: {
      ...base,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [{ ...at, value: NO_RECORDED_VALUE }],
    },
    gauge: { ...base, dataPointType: DataPointType.GAUGE, dataPoints: [{ ...at, value: NO_RECORDED_VALUE }] },
    histogram: {
      ...base,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [{ ...at, value: endOf({ ...counted, buckets }) }],
    },
    exponentialHistogram: {
      ...base,
      dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
      dataPoints: [{ ...at, value: endOf({ ...counted, scale: 4, zeroCount: 2, ...sides }) }],
    },
  };
  return windowOf({}, [metrics[form] as unknown as MetricData]);
}

const ENDED = {
  attributes: [{ key: 'a', value: { stringValue: 'b' } }],
  startTimeUnixNano: '1000000000',
  timeUnixNano: '2000000005',
  flags: 1,
};

for (const [form, values] of [
  ['sum', {}],
  ['gauge', {}],
  ['histogram', { count: 0, sum: 0, bucketCounts: [0, 0, 0], explicitBounds: [1, 2] }],
  [
    'exponentialHistogram',
    {
      ...{ count: 0, sum: 0, scale: 4, zeroCount: 0 },
      ...{ positive: { offset: 0, bucketCounts: [] }, negative: { offset: 0, bucketCounts: [] } },
    },
  ],
] as const) {
  test(`the end of a series of a ${form} has the flag NoRecordedValue and no value, in JSON`, () => {
    const request = JSON.parse(new TextDecoder().decode(ENCODINGS.json.encode(ending(form))));
    const [metric] = request.resourceMetrics[0].scopeMetrics[0].metrics;
    assert.deepEqual(metric[form].dataPoints, [{ ...ENDED, ...values }]);
  });

  test(`the end of a series of a ${form} has the flag NoRecordedValue and no value, in protobuf`, () => {
    const point = numbersOf(
      messageIn(ENCODINGS.protobuf.encode(ending(form)), [1, 2, 2, FIELDS[form].metric, 1]),
    );
    assert.equal(point.get(FIELDS[form].flags), 1);
    for (const field of FIELDS[form].values) assert.equal(point.has(field), false, `field ${field}`);
    for (const field of FIELDS[form].zeros) assert.equal(point.get(field), 0, `field ${field}`);
  });
}

/** By the fields of `Metric` and of its points (opentelemetry/proto/metrics/v1/metrics.proto). */
const FIELDS = {
  gauge: { metric: 5, flags: 8, values: [4, 6], zeros: [] },
  sum: { metric: 7, flags: 8, values: [4, 6], zeros: [] },
  histogram: { metric: 9, flags: 10, values: [11, 12], zeros: [4, 5] },
  exponentialHistogram: { metric: 10, flags: 10, values: [12, 13], zeros: [4, 5, 7] },
} as const;

type Field = readonly [field: number, value: number | Uint8Array];

/** The fields of a message: numbers, and the bytes of strings and of messages. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 0) fields.push([tag >> 3, varint()]);
    else if (wireType === 1) {
      fields.push([tag >> 3, view.getFloat64(at, true)]);
      at += 8;
    } else {
      const length = varint();
      fields.push([tag >> 3, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

/** The message that is found by these fields, one in the other. */
function messageIn(bytes: Uint8Array, path: readonly number[]): Uint8Array {
  const [field, ...below] = path;
  if (field === undefined) return bytes;
  const found = fieldsOf(bytes).find(([number]) => number === field)?.[1];
  assert.ok(found instanceof Uint8Array, `no message in field ${field}`);
  return messageIn(found, below);
}

function numbersOf(bytes: Uint8Array): Map<number, number> {
  return new Map(fieldsOf(bytes).filter((field): field is [number, number] => typeof field[1] === 'number'));
}

test('a window gets the memory of one that was released, and never that of another', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(WINDOW, fc.boolean()), { minLength: 2, maxLength: 8 }), (windows) => {
      const { encode, release } = ENCODINGS.protobuf;
      const waiting: { readonly body: Uint8Array; readonly copy: Buffer }[] = [];
      let free: ArrayBufferLike | undefined;
      for (const [window, isDelivered] of windows) {
        const body = encode(window);
        if (free !== undefined) assert.equal(body.buffer, free);
        for (const each of waiting) {
          assert.notEqual(each.body.buffer, body.buffer);
          assert.deepEqual(Buffer.from(each.body), each.copy);
        }
        free = isDelivered ? body.buffer : undefined;
        if (isDelivered) release!(body);
        else waiting.push({ body, copy: Buffer.from(body) });
      }
      // The next run begins without released memory.
      if (free !== undefined) encode(windowOf({}, []));
    }),
    { numRuns: 100 },
  );
});

test('memory that the encoder did not allocate is not reused', () => {
  const foreign = new Uint8Array(100_000);
  ENCODINGS.protobuf.release!(foreign);
  assert.notEqual(ENCODINGS.protobuf.encode(windowOf({ a: 'b' }, [])).buffer, foreign.buffer);
});
