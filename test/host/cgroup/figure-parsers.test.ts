import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBlkio } from '../../../src/host/cgroup/blkio-throttle.ts';
import { parseIoStat } from '../../../src/host/cgroup/io-stat.ts';
import { parseMemoryEvents, parseOomControl } from '../../../src/host/cgroup/memory-events.ts';
import { parseMemoryStat, parseMemoryStatV1 } from '../../../src/host/cgroup/memory-stat.ts';
import { parseLimit, parseSingleValue } from '../../../src/host/cgroup/number-file.ts';
import { parsePressure } from '../../../src/host/cgroup/pressure.ts';
import { parseThrottling, parseThrottlingV1 } from '../../../src/host/cgroup/throttling.ts';
import { ParseError } from '../../../src/host/parse-error.ts';
import { parseDeviceNames } from '../../../src/host/proc/diskstats.ts';

type Parse<T> = (buffer: Uint8Array, length: number) => T;

/** In a buffer that still holds something else behind it. */
function parse<T>(read: Parse<T>, text: string): T {
  const bytes = Buffer.from(`${text}9\nleftover 1`);
  return read(bytes, Buffer.byteLength(text));
}

const blkio: Parse<unknown> = (buffer, length) => parseBlkio('blkio', buffer, length);
const single: Parse<number> = (buffer, length) => parseSingleValue('memory.current', buffer, length);
const limit: Parse<number | null> = (buffer, length) => parseLimit('pids.max', buffer, length);

test('memory.stat has its main parts, among many others, and no kernel memory before Linux 5.18', () => {
  const text =
    'anon 8192\nfile 40960\nkernel 1000\nkernel_stack 16384\nsock 7\nvmalloc 0\nshmem 4096\nfile_mapped 1\n';
  assert.deepEqual(parse(parseMemoryStat, text), {
    anonBytes: 8192,
    fileBytes: 40_960,
    kernelBytes: 1000,
    socketBytes: 7,
    shmemBytes: 4096,
  });
  assert.equal(parse(parseMemoryStat, text.replace('kernel 1000\n', '')).kernelBytes, null);
});

test("v1's memory.stat counts the tree in its total_ lines, and swap only where swap is counted", () => {
  const text =
    'cache 1\nrss 2\ntotal_cache 8466432\ntotal_rss 126976\ntotal_rss_huge 0\ntotal_shmem 5\ntotal_swap 6\n';
  assert.deepEqual(parse(parseMemoryStatV1, text), {
    anonBytes: 126_976,
    fileBytes: 8_466_432,
    shmemBytes: 5,
    swapBytes: 6,
  });
  assert.equal(parse(parseMemoryStatV1, text.replace('total_swap 6\n', '')).swapBytes, null);
});

test('memory.events are counts; counts missing in an older kernel are absent, not 0', () => {
  assert.deepEqual(parse(parseMemoryEvents, 'low 0\nhigh 12\nmax 3\noom 2\noom_kill 1\noom_group_kill 9\n'), {
    memoryLowEvents: 0,
    memoryHighEvents: 12,
    memoryMaxEvents: 3,
    memoryOomEvents: 2,
    memoryOomKills: 1,
  });
  assert.equal(parse(parseMemoryEvents, 'low 0\nhigh 0\nmax 0\noom 2\n').memoryOomKills, null);
  assert.deepEqual(parse(parseOomControl, 'oom_kill_disable 0\nunder_oom 1\noom_kill 4\n'), {
    memoryOomKills: 4,
  });
  assert.deepEqual(parse(parseOomControl, 'oom_kill_disable 0\nunder_oom 1\n'), { memoryOomKills: null });
});

test('io.stat is a line a device, with values in any order and more than are used', () => {
  const text =
    '8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0 cost.usage=5\n253:0 wios=1 wbytes=2\n';
  assert.deepEqual(parse(parseIoStat, text), [
    {
      device: '8:16',
      readBytes: 1_459_200,
      writeBytes: 314_773_504,
      readOperations: 192,
      writeOperations: 353,
    },
    { device: '253:0', readBytes: 0, writeBytes: 2, readOperations: 0, writeOperations: 1 },
  ]);
});

test('a device without values is ignored, alone on its line or in front of another', () => {
  const disk = { device: '8:0', readBytes: 1, writeBytes: 0, readOperations: 1, writeOperations: 0 };
  assert.deepEqual(
    parse(parseIoStat, '253:10 253:5 8:0 rbytes=1 rios=1\n7:0 \n7:1\n7:2 cost.vrate=100.00\n'),
    [disk],
  );
  assert.deepEqual(parse(parseIoStat, ''), []);
});

test("v1's blkio files are a line a device and operation, and a total", () => {
  const text =
    '8:0 Read 100\n8:0 Write 200\n8:0 Sync 300\n8:0 Discard 0\n8:0 Total 300\n7:1 Read 5\nTotal 305\n';
  assert.deepEqual(parse(blkio, text), [
    { device: '8:0', read: 100, write: 200 },
    { device: '7:1', read: 5, write: 0 },
  ]);
  assert.deepEqual(parse(blkio, 'Total 0\n'), []);
});

test('pressure is time and a share of it; some kernels have no full line for the CPU', () => {
  const some = 'some avg10=1.50 avg60=0.20 avg300=0.00 total=1234567\n';
  const full = 'full avg10=0.25 avg60=0.00 avg300=0.00 total=1000000\n';
  assert.deepEqual(parse(parsePressure, some + full), {
    someSeconds: 1.234567,
    fullSeconds: 1,
    someShare: 0.015,
    fullShare: 0.0025,
  });
  assert.deepEqual(parse(parsePressure, some), {
    someSeconds: 1.234567,
    fullSeconds: null,
    someShare: 0.015,
    fullShare: null,
  });
});

test('throttling is counted in microseconds by v2 and in nanoseconds by v1, and is absent without the controller', () => {
  const v2 =
    'usage_usec 9\nuser_usec 9\nsystem_usec 0\nnr_periods 9\nnr_throttled 3\nthrottled_usec 2500000\n';
  const throttled = { throttledPeriods: 3, throttledSeconds: 2.5 };
  assert.deepEqual(parse(parseThrottling, v2), throttled);
  assert.deepEqual(
    parse(parseThrottlingV1, 'nr_periods 9\nnr_throttled 3\nthrottled_time 2500000000\n'),
    throttled,
  );
  assert.deepEqual(parse(parseThrottling, 'usage_usec 9\nuser_usec 9\nsystem_usec 0\n'), {
    throttledPeriods: null,
    throttledSeconds: null,
  });
});

test('a single value is a number, a limit may be absent', () => {
  assert.equal(parse(single, '9449472\n'), 9_449_472);
  assert.equal(parse(limit, '512\n'), 512);
  assert.equal(parse(limit, 'max\n'), null);
});

test('the names of devices are those of /proc/diskstats', () => {
  const text = '   8       0 sda 123 0 9 0\n 259       1 nvme0n1p1 1 2 3\n 253       0 dm-0 5\n';
  assert.deepEqual(
    [...parse(parseDeviceNames, text)],
    [
      ['8:0', 'sda'],
      ['259:1', 'nvme0n1p1'],
      ['253:0', 'dm-0'],
    ],
  );
});

const CUT: readonly (readonly [Parse<unknown>, readonly string[]])[] = [
  [parseMemoryStat, ['anon 81', 'anon \n', 'anon -1\n', 'anon 1 2\n', 'shmem x\n']],
  [parseMemoryEvents, ['low 0\noom_kill', 'oom_kill 1']],
  [parseIoStat, ['8:16 rbytes=1', '8:16 rbytes=x\n', 'sda rbytes=1\n', '8:16 rbytes\n', '8:16 wios=-1\n']],
  [blkio, ['8:0 Read 1', '8:0 Read\n', 'Total x\n', '8:0 1\n']],
  [
    parsePressure,
    ['', 'some avg10=0.00 avg60=0.00 avg300=0.00 total=5', 'some total=5\n', 'most avg10=0.00\n'],
  ],
  [single, ['', '\n', 'max\n', '12']],
  [limit, ['', 'max', 'maximal\n', '1x\n']],
  [parseDeviceNames, ['8 0 sda', 'x\n']],
];
for (const [read, texts] of CUT) {
  for (const text of texts) {
    test(`${JSON.stringify(text)} is rejected with a reason`, () => {
      assert.throws(() => parse(read, text), ParseError);
    });
  }
}

test('whatever the bytes are, only a ParseError is thrown, and no value is negative or NaN', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'anon',
      'total_rss',
      'low',
      'oom_kill',
      'some',
      'full',
      'Total',
      '8:0',
      '7:1',
      'Read',
      'rbytes=5',
    ),
    fc.constantFrom(
      'avg10=0.00',
      'avg60=0.00',
      'avg300=0.00',
      'total=5',
      'nr_throttled',
      'usage_usec',
      'max',
      '=',
    ),
    fc.integer({ min: -5 }).map(String),
    fc.string({ maxLength: 4 }),
  );
  const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '));
  const text = fc.oneof(
    fc.uint8Array(),
    fc.array(line, { maxLength: 5 }).map((lines) => Buffer.from(lines.map((each) => `${each}\n`).join(''))),
  );
  const check = (value: unknown): void => {
    if (typeof value === 'number') assert.ok(value >= 0, String(value));
    else if (typeof value === 'object' && value !== null)
      for (const part of Object.values(value)) check(part);
  };
  const reads = [
    ...CUT.map(([read]) => read),
    parseMemoryStatV1,
    parseOomControl,
    parseThrottling,
    parseThrottlingV1,
  ];
  fc.assert(
    fc.property(text, fc.constantFrom(...reads), (bytes, read) => {
      try {
        check(read(bytes, bytes.length));
      } catch (error) {
        assert.ok(error instanceof ParseError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
