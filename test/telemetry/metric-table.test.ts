import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricTable } from '../../scripts/metric-table.ts';

test('each row of the table has as many cells as its head', () => {
  const rows = metricTable()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  assert.ok(rows.length > 50);
  for (const row of rows) assert.equal(row.split('|').length, 8, row);
});

test('the table names the values that a further attribute takes', () => {
  const row = metricTable()
    .split('\n')
    .find((line) => line.startsWith('| `unitledger.unit.cpu.booked.time`'));
  assert.match(row!, /\| `booking` = live, exited, reaped, shared \|/);
});

test('the table says what it takes to have a metric that is off by default', () => {
  const rowOf = (name: string) =>
    metricTable()
      .split('\n')
      .find((line) => line.includes(`\`${name}\``));
  assert.match(rowOf('unitledger.process.transfer.io')!, /Off by default\. \|/);
  assert.match(rowOf('process.thread.count')!, /With `--process-details threads`\. \|/);
});
