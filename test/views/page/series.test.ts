import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  codeOf,
  decodeSeries,
  encodeSeries,
  SCALES,
  type Scale,
  valueOfCode,
} from '../../../src/views/page/model/series.ts';

const scale = fc.constantFrom(...(Object.keys(SCALES) as Scale[]));

test('a code is the value to within 0.2%, or to half of its smallest unit', () => {
  fc.assert(
    fc.property(scale, fc.double({ min: 0, max: 1e15, noNaN: true }), (unit, value) => {
      const back = valueOfCode(codeOf(value, unit), unit);
      assert.ok(
        Math.abs(back - value) <= Math.max(0.5001 / SCALES[unit], value / 500),
        `${value} became ${back}`,
      );
    }),
  );
});

test('a larger value never has a smaller code', () => {
  const value = fc.double({ min: 0, max: 1e15, noNaN: true });
  fc.assert(
    fc.property(scale, value, value, (unit, one, other) => {
      const [less, more] = one <= other ? [one, other] : [other, one];
      assert.ok(codeOf(less, unit) <= codeOf(more, unit));
    }),
  );
});

test('a series read back is what was written, what is not known included', () => {
  const known = fc.nat(511).map((value) => value * 1024);
  const values = fc.array(fc.oneof(known, fc.constant(Number.NaN)), { maxLength: 60 });
  fc.assert(
    fc.property(values, (written) => {
      const series = encodeSeries((point) => written[point] ?? Number.NaN, 0, written.length, 'memoryBytes');
      const read = new Float64Array(written.length).fill(Number.NaN);
      if (series !== null) decodeSeries(series, 'memoryBytes', read);
      assert.deepEqual([...read], written);
      assert.equal(series === null, written.every(Number.isNaN));
    }),
  );
});
