import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteSize, SIZE_OF_MIB } from '../../src/config/size.ts';

test('a size is in bytes, or an integer number of a unit', () => {
  for (const [text, bytes] of [
    ['1048576', 1024 ** 2],
    ['1024KiB', 1024 ** 2],
    ['256MiB', 256 * 1024 ** 2],
    ['2GiB', 2 * 1024 ** 3],
    ['1TiB', 1024 ** 4],
  ] as const) {
    assert.deepEqual(SIZE_OF_MIB.read(text), { kind: 'value', value: bytes });
  }
});

test('anything else is rejected: too small, too large, ambiguous units, fractions', () => {
  for (const text of [
    '',
    '0',
    '1023KiB',
    '1025TiB',
    '256M',
    '256MB',
    '1.5GiB',
    '-1MiB',
    '1 GiB',
    '1mib',
    '1e9',
  ]) {
    assert.equal(SIZE_OF_MIB.read(text).kind, 'must', text);
  }
});

test('a size that is too large is rejected with the limit', () => {
  for (const format of [SIZE_OF_MIB, byteSize(1)])
    assert.deepEqual(format.read('1025TiB'), { kind: 'must', must: 'at most 1024TiB' });
});

test('a size is written in the largest unit that fits', () => {
  for (const text of ['256MiB', '1GiB', '1048577', '1025KiB']) {
    const reading = SIZE_OF_MIB.read(text);
    assert.ok(reading.kind === 'value');
    assert.equal(SIZE_OF_MIB.write(reading.value), text);
  }
});
