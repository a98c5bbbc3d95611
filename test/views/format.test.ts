import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {
  alignRows,
  byteCount,
  bytesPerSecond,
  cellText,
  counted,
  decimal,
  duration,
  megabytes,
  minMaxAvgText,
  percent,
  ratio,
  seconds,
  subCgroupText,
  utcDate,
  utcTime,
} from '../../src/views/format.ts';

test('the path of a cgroup keeps its end where it has no room, and container ids are short', () => {
  const id = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  assert.equal(subCgroupText(null, 20), '/');
  assert.equal(subCgroupText('/app.slice/sync.service', 30), '/app.slice/sync.service');
  assert.equal(subCgroupText('/app.slice/sync.service', 20), '…/sync.service');
  assert.equal(subCgroupText(`/docker-${id}.scope`, 40), '/docker-9f86d081884c….scope');
  assert.equal(subCgroupText('/a/b/c/d', 6), '…/c/d');
  assert.equal(subCgroupText('/a-very-long-name.service', 12), '/a-very-lon…');
  const hostile = fc.string({ unit: fc.constantFrom('/', 'a', '\u{1b}', '\n', '文', '…') });
  fc.assert(
    fc.property(hostile, fc.integer({ min: 4, max: 30 }), (path, columns) => {
      const text = subCgroupText(path, columns);
      assert.ok(stringWidth(text) <= columns && !/\p{Cc}/u.test(text), JSON.stringify(text));
    }),
  );
});

test('what is absent is a dash in every format, never 0', () => {
  for (const format of [percent, ratio, megabytes, bytesPerSecond, byteCount, seconds, duration]) {
    assert.equal(format(null), '-', format.name);
    assert.equal(format(Number.NaN), '-', format.name);
    assert.equal(format(Number.POSITIVE_INFINITY), '-', format.name);
  }
  assert.equal(minMaxAvgText(null, percent), '-');
  assert.equal(utcDate(null), '-');
  assert.equal(utcDate('yesterday'), '-');
});

test('zero is 0, in the digits of its format', () => {
  assert.deepEqual(
    [percent(0), ratio(0), megabytes(0), bytesPerSecond(0), byteCount(0), seconds(0), duration(0)],
    ['0.0', '0.0%', '0.0', '0', '0B', '0.00', '0.0s'],
  );
});

test('a number that rounds to nothing from below has no sign', () => {
  assert.equal(decimal(-0.004, 2), '0.00');
  assert.equal(decimal(-0.006, 2), '-0.01');
});

test('memory is in MB of 1,048,576 bytes', () => assert.equal(megabytes(3.25 * 1_048_576), '3.3'));

test('a statistic reads min/max/avg', () => {
  assert.equal(minMaxAvgText({ min: 0, max: 12.5, avg: 3.14 }, percent), '0.0/12.5/3.1');
});

test('byte counts carry the unit that leaves them short', () => {
  const counts = [1, 1023, 1024, 1_048_575, 1_048_576, 1.5 * 2 ** 40, 2 ** 70];
  assert.deepEqual(counts.map(byteCount), [
    '1B',
    '1023B',
    '1.0KiB',
    '1.0MiB',
    '1.0MiB',
    '1.5TiB',
    '1024.0EiB',
  ]);
});

test('durations take two units at most', () => {
  const spans = [0.04, 0.5, 59.94, 59.95, 252, 3_599.6, 11_100, 86_399.4, 86_400, 1_051_200];
  assert.deepEqual(spans.map(duration), [
    '0.0s',
    '0.5s',
    '59.9s',
    '1m00s',
    '4m12s',
    '1h00m',
    '3h05m',
    '23h59m',
    '1d00h',
    '12d04h',
  ]);
});

test('a time of day has its date only where it is another than the one beside it', () => {
  assert.equal(utcTime('2026-11-22T22:52:32.104Z', '2026-11-22T00:00:00Z'), '22:52:32');
  assert.equal(utcTime('2026-11-22T22:52:32.104Z', '2026-11-23T00:00:00Z'), '2026-11-22 22:52:32');
  assert.equal(utcTime(null, '2026-11-23T00:00:00Z'), '-');
});

test('one thing is not many', () => {
  assert.equal(counted(1, 'window'), '1 window');
  assert.equal(counted(0, 'window'), '0 windows');
  assert.equal(counted(2, 'process', 'processes'), '2 processes');
});

test('text that is too wide is cut with a mark, by the columns it takes on a terminal', () => {
  assert.equal(cellText('abcdef', 6), 'abcdef');
  assert.equal(cellText('abcdefg', 6), 'abcde…');
  assert.equal(cellText('漢字漢字', 6), '漢字…');
});

test('text that would not be seen stands in quotes', () => {
  assert.deepEqual(
    ['', ' ', 'a ', ' a', 'a b'].map((text) => cellText(text, 9)),
    ['""', '" "', '"a "', '" a"', 'a b'],
  );
});

test('right-to-left letters are escaped, as they would reorder the figures beside them', () => {
  assert.equal(cellText('אב', 20), '\\u{5d0}\\u{5d1}');
  assert.equal(cellText('\u{1e900}', 20), '\\u{1e900}');
});

test('cell text never takes more columns than it may', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.integer({ min: 3, max: 40 }),
      (text, columns) => {
        assert.ok(stringWidth(cellText(text, columns)) <= columns);
      },
    ),
  );
});

test('letters of Hangul without a column of their own are escaped, and whole syllables are not', () => {
  assert.equal(cellText('\u1161\u11a8\ud7b0x', 40), '\\u{1161}\\u{11a8}\\u{d7b0}x');
  assert.equal(cellText('한국어 \u1100', 40), '한국어 \u1100');
});

test('figures stand to the right, words to the left, by display width', () => {
  assert.deepEqual(
    alignRows(
      ['right', 'left', 'right'],
      [
        ['PID', 'NAME', 'S'],
        ['1', '漢字', '10.0'],
        ['4321', '😀a', '-'],
      ],
    ),
    [' PID  NAME     S', '   1  漢字  10.0', '4321  😀a      -'],
  );
});
