import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUMMARY_COLUMNS } from '../../src/views/summary/summary-columns.ts';
import { configIn, loadIn, refusedIn } from './loading.ts';

const ARGV = ['--service', 'nginx'];

function choice(...argv: string[]) {
  return configIn({}, [...ARGV, ...argv]).summaryChoice;
}

test('columns and sort keys are lists, each column once', () => {
  assert.deepEqual(choice('--summary-columns', 'pid,Name, cpu', '--summary-columns=pid').columns, [
    'pid',
    'name',
    'cpu',
  ]);
  assert.deepEqual(choice('--summary-sort', 'Memory.AVG:Asc,name:desc,cpu').sort, [
    { column: 'memory', measure: 'avg', direction: 'asc' },
    { column: 'name', measure: null, direction: 'desc' },
    { column: 'cpu', measure: null, direction: null },
  ]);
  assert.deepEqual(choice(), { columns: [], sort: [] });
});

test('an unknown column is rejected with the known ones', () => {
  const { message } = refusedIn({}, [...ARGV, '--summary-columns', 'pid,rss']);
  assert.match(message, /^--summary-columns "rss": did you mean pss\? It must be pid, name, .* or default$/);
  for (const name of SUMMARY_COLUMNS) assert.ok(message.includes(name), name);
});

test('an invalid sort key is rejected with the valid form, wherever it is set', () => {
  for (const text of [
    'rss',
    'cpu.sum',
    'pid.max',
    'cpu-time.max',
    'cpu:up',
    'cpu.',
    ':asc',
    'cpu:asc:asc',
    '-cpu',
    'default',
  ]) {
    const { message } = refusedIn({}, [...ARGV, `--summary-sort=${text}`]);
    assert.ok(message.startsWith(`--summary-sort "${text}"`), message);
    assert.match(message, /t must be pid, name, /);
    assert.match(
      message,
      /cpu, memory, disk and transfer may end in \.min, \.max, \.avg or \.p95, and all in :asc or :desc$/,
    );
  }
  const inFile = refusedIn({ files: { 'c.yaml': 'summary-sort: [cpu, rss]' } }, [
    ...ARGV,
    '--config',
    'c.yaml',
  ]);
  assert.match(inFile.message, /^summary-sort in c\.yaml "rss": did you mean pss\? It must be /);
  assert.match(
    refusedIn({ env: { UNITLEDGER_SUMMARY_COLUMNS: 'x' } }).message,
    /^UNITLEDGER_SUMMARY_COLUMNS "x" is not accepted: it must be /,
  );
});

test('replay accepts them too', () => {
  const loaded = loadIn({}, ['replay', '--summary-columns', 'name', '--summary-sort', 'name', 'run.ulr']);
  assert.ok('command' in loaded && loaded.command === 'replay');
  assert.deepEqual(loaded.config.summaryChoice, {
    columns: ['name'],
    sort: [{ column: 'name', measure: null, direction: null }],
  });
  assert.match(
    refusedIn({}, ['replay', '--summary-sort', 'x', 'run.ulr']).message,
    /^--summary-sort "x" is not accepted: it must be /,
  );
});

test('json is the whole document: a choice without effect causes a warning', () => {
  const warningsOf = (...argv: string[]) => configIn({}, [...ARGV, ...argv]).warnings;
  assert.deepEqual(warningsOf('--summary', 'json', '--summary-sort', 'name'), [
    '--summary-sort changes nothing: the json summary is the whole run document',
  ]);
  assert.deepEqual(warningsOf('--summary', 'csv', '--summary-sort', 'name'), []);
});
