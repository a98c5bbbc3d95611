import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable } from '../../../src/text/printable.ts';
import { summaryRecords } from '../../../src/views/summary/log-records.ts';
import {
  NEVER_SEEN,
  REALISTIC,
  runDocument,
  runExited,
  runProcess,
  runResources,
  runUnit,
  statistic,
} from '../documents.ts';
import { anyName, UNSAFE } from '../names.ts';

function bytesOf(record: unknown): number {
  return Buffer.byteLength(JSON.stringify(record));
}

function commandOf(command: string): string {
  const units = [runUnit({ processes: [runProcess({ command })] })];
  const record = [...summaryRecords(runDocument({ units }), true)][1];
  return record?.event === 'summary.process' ? (record.process.command ?? '') : assert.fail();
}

test('there is a record for each unit, each process and each folded name, in the order of the document', () => {
  const events = Array.from(summaryRecords(REALISTIC, true), (record) => `${record.event} of ${record.unit}`);
  assert.deepEqual(events, [
    'summary.unit of nginx.service',
    ...Array(6).fill('summary.process of nginx.service'),
    'summary.unit of postgresql@15-main.service',
    ...Array(3).fill('summary.process of postgresql@15-main.service'),
    ...Array(2).fill('summary.exited of postgresql@15-main.service'),
  ]);
});

test('a process record holds the row of the document under a name that no logger uses', () => {
  const record = [...summaryRecords(REALISTIC, true)][2];
  assert.deepEqual(record, {
    event: 'summary.process',
    unit: 'nginx.service',
    process: REALISTIC.units[0]?.processes[1],
  });
});

test('a unit that was never seen has a record', () => {
  const [record] = summaryRecords(NEVER_SEEN, true);
  assert.deepEqual(record, {
    event: 'summary.unit',
    unit: 'ngnix.service',
    cgroup: null,
    instances: 0,
    foldedUnits: 0,
    runStartedAt: NEVER_SEEN.startedAt,
    runEndedAt: NEVER_SEEN.endedAt,
    cpu: {
      totalSeconds: null,
      attributedSeconds: 0,
      unattributed: null,
      coverage: null,
      sharedSeconds: null,
    },
    totals: NEVER_SEEN.units[0]?.totals,
    resources: null,
  });
});

test('every record is under 16 KiB as JSON and one line of harmless text, whatever texts it holds', () => {
  fc.assert(
    fc.property(anyName, fc.integer({ min: 1, max: 4_000 }), (name, times) => {
      const long = name.repeat(times);
      const processes = [runProcess({ name: long, command: long, subCgroup: long })];
      const exited = [runExited({ name: long })];
      for (const record of summaryRecords(
        runDocument({ units: [runUnit({ unit: long, cgroup: long, processes, exited })] }),
        true,
      )) {
        const json = JSON.stringify(record);
        assert.ok(Buffer.byteLength(json) < 16 * 1024, `${Buffer.byteLength(json)} bytes`);
        assert.doesNotMatch(json, UNSAFE);
        assert.doesNotMatch(json, /\\ud[89a-f]/i);
      }
    }),
  );
});

test('a command line that fits is whole, printable, down to the byte', () => {
  assert.equal(commandOf('a\u2028b\ud800'), printable('a\u2028b\ud800'));
  // Two bytes are the quotes around it.
  assert.equal(commandOf('x'.repeat(8_190)), 'x'.repeat(8_190));
});

test('a longer command line is cut by bytes, with a mark that tells its length', () => {
  assert.match(commandOf('x'.repeat(8_191)), /^x{8000,}… \(cut, 8191 bytes\)$/);
  const emoji = commandOf('😀'.repeat(5_000));
  assert.match(emoji, /^(?:😀){2030,}… \(cut, 20000 bytes\)$/u);
  assert.ok(bytesOf(emoji) <= 8_192);
});

test('neither an escape nor a character is cut in its middle, wherever the limit falls', () => {
  for (const character of ['\u202e', '\\', '\x1b', '\u{e0041}', '😀', '漢']) {
    const shown = printable(character);
    for (let before = 0; before < 12; before++) {
      const cut = commandOf('x'.repeat(before) + character.repeat(9_000));
      const kept = cut.slice(before, cut.indexOf('…'));
      assert.equal(kept.replaceAll(shown, ''), '', `${before} before ${shown}`);
      assert.ok(kept.length > 0);
    }
  }
});

test('there is a record a unit, and none a process, unless those are asked for', () => {
  const events = Array.from(summaryRecords(REALISTIC, false), ({ event, unit }) => [event, unit]);
  assert.deepEqual(
    events,
    REALISTIC.units.map(({ unit }) => ['summary.unit', unit]),
  );
  for (const record of summaryRecords(REALISTIC, false))
    assert.ok(bytesOf(record) < 1750, `${bytesOf(record)} bytes`);
});

test('a record of a unit is short: fractions have seven digits, and of many disks the busiest two are there', () => {
  const disks = Array.from({ length: 16 }, (_, at) => ({
    device: `8:${at}`,
    name: `sd${at}`,
    readBytes: 1e9 + at,
    writeBytes: 1e12,
    readOperations: 123_456_789,
    writeOperations: 123_456_789,
  }));
  const third = statistic(1 / 3, 1e9 / 3, 1e6 / 3, 1e8 / 3, 100 / 3);
  const totals = {
    processesAlive: third,
    cpuPercent: third,
    memoryBytes: third,
    diskBytesPerSecond: third,
    transferBytesPerSecond: third,
  };
  const [record] = summaryRecords(
    runDocument({ units: [runUnit({ totals, resources: runResources({ disks }) })] }),
    false,
  );
  assert.ok(bytesOf(record) < 2048, `${bytesOf(record)} bytes`);
  assert.ok(record?.event === 'summary.unit');
  assert.equal(record.totals.cpuPercent?.min, 0.3333333);
  assert.deepEqual(
    record.resources?.disks?.map(({ name }) => name),
    ['sd14', 'sd15'],
  );
});

test('records are made as they are asked for', () => {
  let read = 0;
  const processes = Array.from({ length: 10_000 }, (_, pid) =>
    Object.defineProperty(runProcess({ pid }), 'name', {
      enumerable: true,
      get: () => {
        read++;
        return 'worker';
      },
    }),
  );
  const records = summaryRecords(runDocument({ units: [runUnit({ processes })] }), true);
  read = 0;
  records.next();
  records.next();
  assert.ok(read > 0 && read < 5, `${read} names read for one row`);
  let rows = 1;
  for (const record of records) rows += record.event === 'summary.process' ? 1 : 0;
  assert.equal(rows, 10_000);
});
