import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { ENCODINGS, type EncodingName } from '../../../src/telemetry/export/otlp-encoding.ts';
import { type Field, fieldsOf } from '../../../src/telemetry/export/protobuf-fields.ts';
import { splitWindow } from '../../../src/telemetry/export/window-parts.ts';

type Kind = 'sum' | 'gauge' | 'histogram';

function metricOf(kind: Kind, at: number, points: number): MetricData {
  const about = {
    descriptor: { name: `m${at}`, unit: 's', description: 'ü', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.DELTA,
  };
  const times = (point: number) => ({
    attributes: { pid: point, name: `p${'x'.repeat(point % 200)}` },
    startTime: [1, 5] as [number, number],
    endTime: [2, 6] as [number, number],
  });
  const numbers = Array.from({ length: points }, (_, point) => point);
  if (kind === 'histogram') {
    const value = { buckets: { boundaries: [1], counts: [2, 3] }, sum: 1.5, count: 5, min: 0, max: 2 };
    const dataPoints = numbers.map((point) => ({ ...times(point), value }));
    return { ...about, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = numbers.map((point) => ({ ...times(point), value: point + 0.1 }));
  return kind === 'sum'
    ? { ...about, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...about, dataPointType: DataPointType.GAUGE, dataPoints };
}

function windowOf(metrics: readonly (readonly [Kind, number])[]): ResourceMetrics {
  return {
    resource: resourceFromAttributes({ 'service.name': 'unitledger', 'host.name': 'h' }),
    scopeMetrics: [
      {
        scope: { name: 's', version: '1' },
        metrics: metrics.map(([kind, points], at) => metricOf(kind, at, points)),
      },
    ],
  };
}

const hex = (field: Field | undefined) => (field === undefined ? '' : shown(field));
const shown = ({ value }: Field) =>
  typeof value === 'number' ? `${value}` : Buffer.from(value).toString('hex');
const below = (message: Field['value'], ...numbers: readonly number[]): Field[] => {
  const { fields, isWhole } = fieldsOf(message as Uint8Array);
  assert.ok(isWhole);
  return fields.filter(({ number }) => numbers.includes(number));
};

/** Every data point, with all that stands around it. */
const POINTS_OF: Readonly<Record<EncodingName, (body: Uint8Array) => string[]>> = {
  protobuf: (body) =>
    below(body, 1).flatMap((resource) =>
      below(resource.value, 2).flatMap((scope) =>
        below(scope.value, 2).flatMap((metric) => {
          const around = [
            ...below(resource.value, 1, 3),
            ...below(scope.value, 1, 3),
            ...below(metric.value, 1, 2, 3),
          ];
          return below(metric.value, 5, 7, 9, 10, 11).flatMap((data) => {
            const head = [...around, ...below(data.value, 2, 3)].map(hex).join('|');
            return below(data.value, 1).map((point) => `${head}|${data.number}|${shown(point)}`);
          });
        }),
      ),
    ),
  json: (body) => {
    const points: string[] = [];
    for (const { scopeMetrics, ...resource } of JSON.parse(Buffer.from(body).toString()).resourceMetrics)
      for (const { metrics, ...scope } of scopeMetrics)
        for (const metric of metrics) {
          const kind = ['sum', 'gauge', 'histogram'].find((each) => metric[each] !== undefined)!;
          const { dataPoints, ...data } = metric[kind];
          const around = { ...metric, [kind]: data };
          for (const point of dataPoints) points.push(JSON.stringify([resource, scope, around, point]));
        }
    return points;
  },
};

const metrics = fc.array(
  fc.tuple(fc.constantFrom<Kind>('sum', 'gauge', 'histogram'), fc.integer({ min: 1, max: 20 })),
  { minLength: 1, maxLength: 8 },
);

for (const encoding of ['protobuf', 'json'] as const) {
  test(`the parts of a window in ${encoding} have all its points, in order, down to single points`, () => {
    fc.assert(
      fc.property(metrics, (some) => {
        const whole = ENCODINGS[encoding].encode(windowOf(some)).slice();
        const parts: Uint8Array[] = [whole];
        for (let at = 0; at < parts.length; ) {
          const halves = splitWindow(parts[at]!, encoding);
          if (halves === null) at++;
          else parts.splice(at, 1, ...halves);
        }
        const points = POINTS_OF[encoding](whole);
        assert.equal(
          points.length,
          some.reduce((sum, [, count]) => sum + count, 0),
        );
        assert.equal(parts.length, points.length);
        assert.deepEqual(parts.flatMap(POINTS_OF[encoding]), points);
      }),
      { numRuns: 40 },
    );
  });

  test(`the halves of a window in ${encoding} have about the same size`, () => {
    const whole = ENCODINGS[encoding].encode(windowOf([['sum', 1000]])).slice();
    const [first, second] = splitWindow(whole, encoding)!;
    assert.ok(
      Math.abs(first.length - second.length) < whole.length / 20,
      `${first.length}, ${second.length}`,
    );
  });

  test(`anything but a window in ${encoding} is not split`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const halves = splitWindow(bytes, encoding);
        assert.ok(halves === null || encoding === 'protobuf');
      }),
    );
  });
}
