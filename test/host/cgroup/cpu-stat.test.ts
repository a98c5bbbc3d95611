import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CpuStatFields, parseCpuStat } from '../../../src/host/cgroup/cpu-stat.ts';
import { parseCpuacctUsage, parseDescendantCount } from '../../../src/host/cgroup/number-file.ts';
import { ParseError } from '../../../src/host/parse-error.ts';

function parse(text: string): CpuStatFields {
  const fields = new CpuStatFields();
  const bytes = Buffer.from(text);
  parseCpuStat(bytes, bytes.length, fields);
  return fields;
}

const number = (read: (bytes: Buffer, length: number) => number, text: string) =>
  read(Buffer.from(text), Buffer.byteLength(text));

test('cpu.stat without the cpu controller: usage is present, throttling is absent', () => {
  assert.deepEqual(
    { ...parse('usage_usec 5230\nuser_usec 4000\nsystem_usec 1230\nnice_usec 0\n') },
    {
      usageMicros: 5230,
      userMicros: 4000,
      systemMicros: 1230,
      throttledPeriods: Number.NaN,
      throttledMicros: Number.NaN,
    },
  );
});

test('cpu.stat with the cpu controller has throttling too, among unused lines', () => {
  const fields = parse(
    'usage_usec 1\nuser_usec 1\nsystem_usec 0\ncore_sched.force_idle_usec 0\nnr_periods 9\nnr_throttled 3\nthrottled_usec 88\nnr_bursts 0\n',
  );
  assert.equal(fields.throttledPeriods, 3);
  assert.equal(fields.throttledMicros, 88);
});

test('values of a previous read are cleared', () => {
  const fields = new CpuStatFields();
  for (const text of ['usage_usec 1\nnr_throttled 3\n', 'usage_usec 2\n']) {
    parseCpuStat(Buffer.from(text), text.length, fields);
  }
  assert.equal(fields.usageMicros, 2);
  assert.ok(Number.isNaN(fields.throttledPeriods));
});

for (const text of [
  '',
  'nr_periods 0\n',
  'usage_usec \n',
  'usage_usec 12',
  'usage_usec -1\n',
  'usage_usec',
  ' 1\n',
  '\n',
]) {
  test(`${JSON.stringify(text)} is not a cpu.stat`, () => {
    assert.throws(() => parse(text), ParseError);
  });
}

test('cpuacct.usage is one number of nanoseconds', () => {
  assert.equal(number(parseCpuacctUsage, '2500000000\n'), 2_500_000_000);
  for (const text of ['', '\n', '12', '12 \n', 'x\n']) {
    assert.throws(() => number(parseCpuacctUsage, text), ParseError, text);
  }
});

test('cgroup.stat begins with the number of descendants', () => {
  assert.equal(number(parseDescendantCount, 'nr_descendants 17\nnr_dying_descendants 3\n'), 17);
  for (const text of ['', 'nr_desc', 'nr_descendants \n', 'nr_descendants 17', 'nr_dying_descendants 3\n']) {
    assert.throws(() => number(parseDescendantCount, text), ParseError, text);
  }
});

test('whatever the bytes are, only a ParseError is thrown', () => {
  const line = fc.tuple(
    fc.constantFrom('usage_usec', 'user_usec', 'nr_descendants', 'nr_throttled', '', 'x'),
    fc.constantFrom(' ', '', '  ', '\n'),
    fc.oneof(fc.nat().map(String), fc.string({ maxLength: 5 })),
    fc.constantFrom('\n', ''),
  );
  const text = fc.oneof(
    fc.uint8Array(),
    fc.array(line).map((lines) => Buffer.from(lines.flat().join(''))),
  );
  fc.assert(
    fc.property(text, (bytes) => {
      for (const read of [
        () => parseCpuStat(bytes, bytes.length, new CpuStatFields()),
        () => parseCpuacctUsage(bytes, bytes.length),
        () => parseDescendantCount(bytes, bytes.length),
      ]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }
    }),
  );
});
