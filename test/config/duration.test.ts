import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DURATION_OR_ZERO,
  LONGEST_SECONDS,
  MILLISECONDS,
  POSITIVE_DURATION,
} from '../../src/config/duration.ts';

function secondsOf(text: string): number {
  const reading = POSITIVE_DURATION.read(text);
  assert.equal(reading.kind, 'value', text);
  return (reading as { value: number }).value;
}

test('a bare number is seconds, and ms, s, m and h are units', () => {
  assert.equal(secondsOf('0.5'), 0.5);
  assert.equal(secondsOf('.5'), 0.5);
  assert.equal(secondsOf('500ms'), 0.5);
  assert.equal(secondsOf('100ms'), 0.1);
  assert.equal(secondsOf('2s'), 2);
  assert.equal(secondsOf('1m'), 60);
  assert.equal(secondsOf('1.5h'), 5400);
});

test('zero is a duration only if zero has a meaning', () => {
  for (const zero of ['0', '0.0', '0s', '0ms', '00']) {
    assert.equal(POSITIVE_DURATION.read(zero).kind, 'must');
    assert.deepEqual(DURATION_OR_ZERO.read(zero), { kind: 'value', value: 0 });
  }
});

test('text that is not completely a duration is rejected', () => {
  const bad = [
    '',
    ' ',
    'abc',
    '80abc',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e3',
    '0x10',
    '+5',
    '1,5',
    '1.',
    '5 s',
    '5S',
  ];
  bad.push('5d', '--5', '-', '.', '1_000', '٥', '5\n', '5s5', '1s 1s', 'null', 'true');
  for (const text of bad) {
    assert.notEqual(POSITIVE_DURATION.read(text).kind, 'value', JSON.stringify(text));
    assert.notEqual(DURATION_OR_ZERO.read(text).kind, 'value', JSON.stringify(text));
  }
});

test('durations beyond the maximum of timers are rejected', () => {
  assert.equal(secondsOf('596h'), LONGEST_SECONDS);
  assert.ok(LONGEST_SECONDS * 1000 < 2 ** 31);
  for (const text of ['597h', '2147484', '9'.repeat(400), '0.0009', '0.5ms', `0.${'0'.repeat(400)}1`]) {
    assert.equal(POSITIVE_DURATION.read(text).kind, 'must', text);
  }
});

test('the standard variables have integer milliseconds', () => {
  assert.deepEqual(MILLISECONDS.read('60000'), { kind: 'value', value: 60 });
  for (const text of ['0', '000', '-1', '1.5', '1s', '', '1e3', '9'.repeat(400)]) {
    assert.equal(MILLISECONDS.read(text).kind, 'must', text);
  }
});

test('every parsed duration is finite, positive and within the limits of a timer', () => {
  const digits = fc.stringMatching(/^-?[0-9]{0,12}\.?[0-9]{0,6}(ms|s|m|h|d|)$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), digits, fc.double().map(String)), (text) => {
      const reading = POSITIVE_DURATION.read(text);
      if (reading.kind !== 'value') return;
      assert.ok(reading.value >= 0.001 && reading.value <= LONGEST_SECONDS);
      assert.match(text, /^[0-9.]+(ms|s|m|h)?$/);
    }),
  );
});

test('a written duration parses to the same value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: LONGEST_SECONDS * 1000 }), (milliseconds) => {
      const seconds = milliseconds / 1000;
      assert.equal(secondsOf(POSITIVE_DURATION.write(seconds)), seconds);
      assert.equal(secondsOf(`${milliseconds}ms`), seconds);
    }),
  );
});
