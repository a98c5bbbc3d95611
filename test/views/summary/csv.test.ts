import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunProcessDetails, RunStatistic } from '../../../src/ledger/document/run-document.ts';
import {
  ABSENT_FIGURES,
  DETAILED,
  NEVER_SEEN,
  REALISTIC,
  runDocument,
  runExited,
  runProcess,
  runUnit,
} from '../documents.ts';
import { anyName, UNSAFE } from '../names.ts';
import { csvRecords } from './csv-reader.ts';
import { renderCsv } from './rendered.ts';

const figure = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const maybe = fc.option(figure, { nil: null });
const statistics = fc.option(
  fc.record(
    {
      min: figure,
      max: figure,
      avg: figure,
      p95: figure,
      maxAt: fc.constant('2026-11-22T22:52:41.604Z'),
      maxAfterSeconds: figure,
    },
    { noNullPrototype: true },
  ),
  { nil: null },
);

/** Each detail, and its column. */
const DETAILS: Readonly<Record<keyof RunProcessDetails, string>> = {
  threads: 'threads',
  uptimeSeconds: 'uptime_seconds',
  minorFaults: 'minor_faults',
  majorFaults: 'major_faults',
  voluntaryContextSwitches: 'voluntary_context_switches',
  involuntaryContextSwitches: 'involuntary_context_switches',
  openDescriptors: 'open_descriptors',
  descriptorLimit: 'descriptor_limit',
  runQueueSeconds: 'run_queue_seconds',
  pssBytes: 'pss_bytes',
  peakThreads: 'threads_max',
  peakOpenDescriptors: 'open_descriptors_max',
  peakPssBytes: 'pss_bytes_max',
};
const detailFields = Object.keys(DETAILS) as (keyof RunProcessDetails)[];
const anyDetails = fc
  .tuple(...detailFields.map(() => maybe))
  .map((values) => Object.fromEntries(detailFields.map((field, at) => [field, values[at]])))
  .map((details) => details as unknown as RunProcessDetails);

const anyProcess = fc
  .record({
    pid: fc.nat(),
    ppid: fc.nat(),
    name: anyName,
    command: fc.option(anyName, { nil: null }),
    subCgroup: fc.option(anyName, { nil: null }),
    samples: fc.nat(),
    exitCode: fc.option(fc.nat(255), { nil: null }),
    cpuPercent: statistics,
    memoryBytes: statistics,
    diskBytesPerSecond: statistics,
    transferBytesPerSecond: statistics,
    cpuSeconds: figure,
    reapedCpuSeconds: figure,
    diskBytes: maybe,
    transferBytes: maybe,
    cancelledWriteBytes: maybe,
    details: fc.option(anyDetails, { nil: null }),
  })
  .map(runProcess);

/** An empty field is null. */
function numberOf(field: string | undefined): number | null {
  return field === '' ? null : Number(field);
}

function statisticOf(row: Record<string, string>, column: string): RunStatistic | null {
  const parts = ['min', 'max', 'avg', 'p95', 'max_after_seconds'];
  const [min, max, avg, p95, maxAfterSeconds] = parts.map((part) => numberOf(row[`${column}_${part}`]));
  const maxAt = row[`${column}_max_at`];
  if (min === null) {
    assert.deepEqual([max, avg, p95, maxAfterSeconds, maxAt], [null, null, null, null, '']);
    return null;
  }
  return { min, max, avg, p95, maxAt, maxAfterSeconds } as RunStatistic;
}

test('a process reads back to the same figures, whatever it calls itself', () => {
  fc.assert(
    fc.property(anyName, fc.array(anyProcess, { maxLength: 5 }), (unit, processes) => {
      const text = renderCsv(runDocument({ units: [runUnit({ unit, processes })] }));
      assert.doesNotMatch(text, UNSAFE);
      const rows = csvRecords(text).filter((row) => row.kind === 'process');
      assert.equal(rows.length, processes.length);
      for (const [at, row] of rows.entries()) {
        const { name, command, subCgroup, startedAt, endedAt, details, ...figures } = processes[
          at
        ] as (typeof processes)[number];
        assert.deepEqual(
          {
            pid: numberOf(row.pid),
            exitCode: numberOf(row.exit_code),
            ppid: numberOf(row.ppid),
            livedSeconds: numberOf(row.lived_seconds),
            samples: numberOf(row.samples),
            cpuPercent: statisticOf(row, 'cpu_percent'),
            memoryBytes: statisticOf(row, 'memory_bytes'),
            diskBytesPerSecond: statisticOf(row, 'disk_bytes_per_second'),
            transferBytesPerSecond: statisticOf(row, 'transfer_bytes_per_second'),
            cpuSeconds: numberOf(row.cpu_seconds),
            reapedCpuSeconds: numberOf(row.reaped_cpu_seconds),
            diskBytes: numberOf(row.disk_bytes),
            transferBytes: numberOf(row.transfer_bytes),
            cancelledWriteBytes: numberOf(row.cancelled_write_bytes),
          },
          figures,
        );
        for (const field of detailFields) {
          const read = numberOf(row[DETAILS[field]] ?? '');
          assert.equal(read, details?.[field] ?? null, field);
        }
        assert.equal(row.started_at, startedAt ?? '');
        assert.equal(row.ended_at, endedAt ?? '');
      }
    }),
  );
});

test('no field is a formula to a spreadsheet, also not where it takes a semicolon for the separator', () => {
  fc.assert(
    fc.property(anyName, anyName, (name, command) => {
      const units = [
        runUnit({
          unit: name,
          cgroup: command,
          processes: [runProcess({ name, command, subCgroup: command })],
        }),
      ];
      const text = renderCsv(runDocument({ units }));
      for (const row of csvRecords(text)) {
        for (const field of Object.values(row)) assert.doesNotMatch(field, /^[\s"']*[=+\-@\t\r＝＋－＠]/);
      }
      for (const field of text.split(/[;\n]/)) assert.doesNotMatch(field, /^[\s"']*[=+\-@\t\r＝＋－＠]/);
    }),
  );
});

test('a character that would start a formula is written as an escape', () => {
  const nameOf = (name: string) =>
    csvRecords(renderCsv(runDocument({ units: [runUnit({ processes: [runProcess({ name })] })] })))[1]?.name;
  assert.equal(nameOf('=1+1'), '\\x3d1+1');
  assert.equal(nameOf('-bash'), '\\x2dbash');
  assert.equal(nameOf('@SUM(A1)'), '\\x40SUM(A1)');
  assert.equal(nameOf('\t=1'), '\\t=1');
  assert.equal(nameOf('a; "=1'), 'a; "\\x3d1');
  assert.equal(nameOf('＝1'), '\\u{ff1d}1');
  assert.equal(nameOf('a=b-c;d'), 'a=b-c;d');
});

test('the CPU of all rows and what is unattributed make the total of the unit', () => {
  const rows = csvRecords(renderCsv(REALISTIC)).filter((row) => row.unit === 'nginx.service');
  const sum = (column: string) => rows.reduce((total, row) => total + Number(row[column]), 0);
  const booked = sum('cpu_seconds') + sum('reaped_cpu_seconds');
  const rest = sum('unit_reaped_outside_cpu_seconds') + sum('unit_unknown_cpu_seconds');
  assert.ok(Math.abs(booked + rest - sum('unit_cpu_seconds')) < 1e-9);
});

test('what the processes of a unit did together stands in columns of the unit', () => {
  const [unit] = REALISTIC.units;
  const [row = {}, ...others] = csvRecords(renderCsv(REALISTIC));
  const { totals } = unit!;
  assert.deepEqual(statisticOf(row, 'unit_cpu_percent'), totals.cpuPercent);
  assert.deepEqual(statisticOf(row, 'unit_memory_bytes'), totals.memoryBytes);
  assert.deepEqual(statisticOf(row, 'unit_processes_alive'), totals.processesAlive);
  assert.equal(row.unit_processes_seen, '6');
  assert.equal(row.unit_disk_bytes, String(totals.diskBytes));
  assert.equal(others.find(({ kind }) => kind === 'process')?.unit_disk_bytes, '');
});

test('folded processes have rows of their own kind, with their count', () => {
  const exited = [runExited({ name: 'true', count: 4_120, cpuSeconds: 0.44, peakMemoryBytes: 2_097_152 })];
  const row = csvRecords(renderCsv(runDocument({ units: [runUnit({ exited })] })))[1];
  assert.equal(row?.kind, 'exited');
  assert.equal(row?.count, '4120');
  assert.equal(row?.cpu_seconds, '0.44');
  assert.equal(row?.peak_memory_bytes, '2097152');
  assert.equal(row?.pid, '');
});

test('a unit that was never seen has its row, with 0 instances', () => {
  const [row, ...rest] = csvRecords(renderCsv(NEVER_SEEN));
  assert.deepEqual(rest, []);
  assert.equal(row?.unit, 'ngnix.service');
  assert.equal(row?.unit_instances, '0');
  assert.equal(row?.unit_cpu_seconds, '');
});

test('what is absent is an empty field, never 0', () => {
  const row = csvRecords(renderCsv(ABSENT_FIGURES)).find((each) => each.pid === '4242');
  assert.equal(row?.disk_bytes, '');
  assert.equal(row?.cpu_percent_avg, '');
  assert.equal(row?.started_at, '');
  assert.equal(row?.cpu_seconds, '0');
});

test('a figure that is no number is an empty field', () => {
  const units = [
    runUnit({ processes: [runProcess({ cpuSeconds: Number.NaN, diskBytes: Number.POSITIVE_INFINITY })] }),
  ];
  const row = csvRecords(renderCsv(runDocument({ units })))[1];
  assert.deepEqual([row?.cpu_seconds, row?.disk_bytes], ['', '']);
});

test('a document without units is a header row', () => {
  assert.match(
    renderCsv(runDocument()),
    /^kind,unit,pid,.*,command,sub_cgroup,.*,unit_transfer_bytes_per_second_max_after_seconds,exit_code,lived_seconds,unit_cancelled_write_bytes\n$/,
  );
});

test('ten thousand processes are ten thousand rows', () => {
  const processes = Array.from({ length: 10_000 }, (_, pid) => runProcess({ pid }));
  assert.equal(csvRecords(renderCsv(runDocument({ units: [runUnit({ processes })] }))).length, 10_001);
});

test('there are columns for details only where the run was asked for some', () => {
  const columnsOf = (text: string) => text.split('\n', 1)[0]?.split(',') ?? [];
  const without = columnsOf(renderCsv(REALISTIC));
  const extended = columnsOf(renderCsv(DETAILED));
  assert.deepEqual(extended.slice(0, without.length), without);
  assert.deepEqual(extended.slice(without.length).sort(), Object.values(DETAILS).sort());
});
