import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PERCENT_OF_CORE } from '../../src/config/standard-formats.ts';
import { configIn, refusedIn } from './loading.ts';

test('a percentage is a number with or without its sign', () => {
  for (const [text, value] of [
    ['0.1', 0.1],
    ['.5', 0.5],
    ['2', 2],
    ['2.5%', 2.5],
    ['100%', 100],
  ] as const) {
    assert.deepEqual(PERCENT_OF_CORE.read(text), { kind: 'value', value });
  }
});

test('empty text, more than a core and non-numbers are rejected', () => {
  for (const text of ['', '0', '0.09', '100.1', '-1', '1e1', '2 %', '%', '5%%', 'all', 'NaN']) {
    assert.equal(PERCENT_OF_CORE.read(text).kind, 'must', text);
  }
});

test('there is no CPU budget unless one is requested', () => {
  assert.equal(configIn({}).cpuBudgetPercent, undefined);
  assert.equal(configIn({ env: { UNITLEDGER_CPU_BUDGET: '2.5%' } }).cpuBudgetPercent, 2.5);
  const refused = refusedIn({}, ['--service', 'nginx', '--cpu-budget', '0']);
  assert.equal(refused.message, '--cpu-budget must be a percentage of one core from 0.1 to 100, not "0"');
});
