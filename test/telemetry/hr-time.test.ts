import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hrTimeOf } from '../../src/telemetry/hr-time.ts';

test('a time is integer seconds and nanoseconds below a second, with the full precision of a double', () => {
  assert.deepEqual(hrTimeOf(1_900_000_000_123), [1_900_000_000, 123_000_000]);
  assert.deepEqual(hrTimeOf(1_900_000_010_000.25), [1_900_000_010, 250_000]);
  assert.deepEqual(hrTimeOf(999.9999999), [1, 0]);
  assert.deepEqual(hrTimeOf(0), [0, 0]);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (millis) => {
      const [seconds, nanoseconds] = hrTimeOf(millis);
      assert.ok(Number.isInteger(seconds) && Number.isInteger(nanoseconds));
      assert.ok(nanoseconds >= 0 && nanoseconds < 1e9);
      assert.ok(Math.abs(seconds * 1000 + nanoseconds / 1e6 - millis) < 0.001);
    }),
  );
});
