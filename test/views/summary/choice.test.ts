import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { inOrder } from '../../../src/views/summary/order.ts';
import { processColumns } from '../../../src/views/summary/process-columns.ts';
import type { SortKey, SummaryChoice, SummaryColumn } from '../../../src/views/summary/summary-columns.ts';
import { DETAILED, REALISTIC, runDocument, runExited, runProcess, runUnit, statistic } from '../documents.ts';
import { csvRecords } from './csv-reader.ts';
import { NO_CHOICE, renderCsv, renderMarkdown, renderSummary, renderTable } from './rendered.ts';

const NAMES = Object.keys(processColumns(REALISTIC)) as SummaryColumn[];

function shown(...columns: SummaryChoice['columns']): SummaryChoice {
  return { columns, sort: [] };
}

function sortedBy(
  column: SummaryColumn,
  measure: SortKey['measure'] = null,
  direction: SortKey['direction'] = null,
): SummaryChoice {
  return { columns: [], sort: [{ column, measure, direction }] };
}

function headerOf(table: string): string[] {
  const lines = table.split('\n');
  return lines[lines.findIndex((line) => line.startsWith('  processes, ')) + 1]!.trim().split(/ +/);
}

function pidsOf(choice: SummaryChoice, rows = ROWS): number[] {
  return inOrder(rows, runDocument(), choice).map(({ pid }) => pid);
}

const ROWS = [
  runProcess({ pid: 1, name: 'b', cpuSeconds: 1, memoryBytes: statistic(1, 9, 2), diskBytes: null }),
  runProcess({ pid: 2, name: 'a', cpuSeconds: 3, memoryBytes: null, diskBytes: 5 }),
  runProcess({ pid: 3, name: 'b', cpuSeconds: 2, memoryBytes: statistic(3, 4, 3), diskBytes: 7 }),
];

test('the documentation lists every column with its title', () => {
  const page = readFileSync(new URL('../../../docs/run-document.md', import.meta.url), 'utf8');
  const table = /^\| column \|.*?\n\n/ms.exec(page)![0];
  for (const name of NAMES) {
    assert.ok(table.includes(`\`${name}\``), name);
    const title = processColumns(REALISTIC)[name].title;
    assert.ok(table.includes(title) || title.endsWith('(min/max/avg)'), title);
  }
});

test('columns are shown as they are asked for, each once', () => {
  const choice = shown('name', 'cpu-time', 'pid', 'name');
  assert.deepEqual(headerOf(renderTable(REALISTIC, {}, choice)), ['NAME', 'CPU_S', 'PID']);
  assert.match(renderMarkdown(REALISTIC, choice), /^\| NAME \| CPU_S \| PID \|$/m);
});

test('default stands for the columns that there are without a choice', () => {
  const plain = headerOf(renderTable(REALISTIC));
  assert.deepEqual(headerOf(renderTable(REALISTIC, {}, shown('default'))), plain);
  assert.deepEqual(headerOf(renderTable(REALISTIC, {}, shown('default', 'memory-p95'))), [
    ...plain,
    'P95_MEM_MB',
  ]);
});

test('a column that the run has nothing for is there if it is asked for', () => {
  const table = renderTable(REALISTIC, {}, shown('pid', 'threads', 'command'));
  assert.deepEqual(headerOf(table), ['PID', 'THREADS(last/max)', 'COMMAND']);
  assert.match(table, /^ *812 +- +-$/m);
});

test('a command line that is all that is asked for stands by itself', () => {
  const units = [runUnit({ processes: [runProcess({ command: 'nginx -g' })] })];
  const table = renderTable(runDocument({ units }), { columns: 40 }, shown('command'));
  assert.match(table, /^COMMAND\nnginx -g$/m);
});

test('every column can be shown in every form, and of every document', () => {
  for (const name of NAMES) {
    for (const document of [REALISTIC, DETAILED]) {
      const choice = { ...shown(name), sort: [{ column: name, measure: null, direction: null }] };
      const title = processColumns(document)[name].title;
      assert.ok(renderTable(document, { columns: 30 }, choice).includes(title), name);
      assert.ok(renderMarkdown(document, choice).includes(`| ${title} |`), name);
    }
  }
});

test('the fields of a column in the CSV are fields of the whole CSV, and hold the same', () => {
  const whole = csvRecords(renderCsv(DETAILED));
  for (const name of NAMES) {
    const part = csvRecords(renderCsv(DETAILED, shown(name)));
    const fields = Object.keys(part[0]!);
    assert.deepEqual(fields.slice(0, 2), ['kind', 'unit']);
    assert.ok(fields.length > 2, name);
    for (const [at, row] of part.entries()) {
      for (const field of fields) assert.equal(row[field], whole[at]?.[field], `${name}: ${field}`);
    }
  }
});

test('JSON is the whole document whatever is chosen', () => {
  const choice = { ...shown('pid'), ...sortedBy('pid') };
  assert.equal(renderSummary(REALISTIC, 'json', {}, choice), renderSummary(REALISTIC, 'json'));
});

test('rows are sorted by what is asked for: figures from the highest on, texts and numbers from the lowest', () => {
  assert.deepEqual(pidsOf(NO_CHOICE), [2, 3, 1]);
  assert.deepEqual(pidsOf(sortedBy('pid')), [1, 2, 3]);
  assert.deepEqual(pidsOf(sortedBy('pid', null, 'desc')), [3, 2, 1]);
  assert.deepEqual(pidsOf(sortedBy('name')), [2, 3, 1]);
  assert.deepEqual(pidsOf(sortedBy('cpu-time', null, 'asc')), [1, 3, 2]);
});

test('a statistic is sorted by its maximum, or by the part that is named', () => {
  assert.deepEqual(pidsOf(sortedBy('memory')), [1, 3, 2]);
  assert.deepEqual(pidsOf(sortedBy('memory', 'avg')), [3, 1, 2]);
  assert.deepEqual(pidsOf(sortedBy('memory', 'min', 'asc')), [1, 3, 2]);
});

test('what is not known comes last, whichever way', () => {
  assert.deepEqual(pidsOf(sortedBy('disk-total')), [3, 2, 1]);
  assert.deepEqual(pidsOf(sortedBy('disk-total', null, 'asc')), [2, 3, 1]);
});

test('the second key counts where the first is equal, and then the heaviest CPU', () => {
  const sort = [...sortedBy('name').sort, ...sortedBy('pid').sort];
  assert.deepEqual(pidsOf({ columns: [], sort }), [2, 1, 3]);
});

test('the table says what it is sorted by', () => {
  assert.match(renderTable(REALISTIC), /^ {2}processes, sorted by own and reaped CPU$/m);
  const table = renderTable(REALISTIC, {}, sortedBy('memory', 'avg'));
  assert.match(table, /^ {2}processes, sorted by memory\.avg descending$/m);
});

test('the CSV has the order of the document unless another is asked for', () => {
  const pids = (choice?: SummaryChoice) =>
    csvRecords(renderCsv(runDocument({ units: [runUnit({ processes: ROWS })] }), choice))
      .filter(({ kind }) => kind === 'process')
      .map(({ pid }) => Number(pid));
  assert.deepEqual(pids(), [1, 2, 3]);
  assert.deepEqual(pids(sortedBy('cpu-time')), [2, 3, 1]);
});

test('folded rows follow the order as far as they have what it goes by', () => {
  const exited = [
    runExited({ name: 'b', count: 1, cpuSeconds: 2 }),
    runExited({ name: 'a', count: 9, cpuSeconds: 1 }),
  ];
  const names = (choice: SummaryChoice) =>
    [...renderMarkdown(runDocument({ units: [runUnit({ exited })] }), choice).matchAll(/^\| `(.)` \|/gm)].map(
      ([, name]) => name,
    );
  assert.deepEqual(names(NO_CHOICE), ['b', 'a']);
  assert.deepEqual(names(sortedBy('name')), ['a', 'b']);
  assert.deepEqual(names(sortedBy('samples')), ['b', 'a']);
});

test('whatever is asked for, no row is lost', () => {
  const key = fc.record({
    column: fc.constantFrom(...NAMES),
    measure: fc.constant(null),
    direction: fc.constantFrom(null, 'asc' as const, 'desc' as const),
  });
  const rows = fc.array(
    fc
      .record({
        pid: fc.nat(9),
        name: fc.constantFrom('a', 'b', ''),
        cpuSeconds: fc.nat(3),
        diskBytes: fc.option(fc.nat(3)),
        startedAt: fc.constantFrom(null, '2026-11-22T22:52:32.104Z'),
      })
      .map(runProcess),
    { maxLength: 9 },
  );
  fc.assert(
    fc.property(rows, fc.array(key, { maxLength: 3 }), (processes, sort) => {
      const order = inOrder(processes, runDocument(), { columns: [], sort });
      assert.deepEqual(new Set(order), new Set(processes));
      assert.equal(order.length, processes.length);
    }),
  );
});
