import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everywhere, fail, ok, warn } from '../../../src/commands/doctor/check.ts';
import { examinationAsTable, outcomeOf } from '../../../src/commands/doctor/report.ts';

const good = ok('processes', '12 in /proc');
const bad = fail('endpoint', 'nothing listens there', 'nothing is delivered', {
  docker: '-e A',
  kubernetes: 'export.endpoint',
  host: 'A in the environment',
});
const middling = warn(
  'target',
  `${'a-long-name-of-a-unit.service '.repeat(4)}not there`,
  'it is waited for',
  everywhere('start it'),
);
const table = (...checks: (typeof good)[]) =>
  examinationAsTable({ version: '1.2.3', atUnixMillis: 0, place: 'host', checks }).trimEnd().split('\n');

test('a passed check takes one line, and every other one shows its effect and its fix', () => {
  assert.deepEqual(table(good, middling, bad), [
    'unitledger 1.2.3 doctor, on a bare host',
    '',
    'ok    processes  12 in /proc',
    'warn  target     a-long-name-of-a-unit.service a-long-name-of-a-unit.service',
    '                 a-long-name-of-a-unit.service a-long-name-of-a-unit.service not there',
    '                 effect:     it is waited for',
    '                 fix:        start it',
    'fail  endpoint   nothing listens there',
    '                 effect:     nothing is delivered',
    '                 host:       A in the environment',
    '                 Docker:     -e A',
    '                 Kubernetes: export.endpoint',
    '',
    '1 failed, 1 warning, 1 passed',
  ]);
});

test('the overall result is that of the worst check', () => {
  assert.equal(table(good).at(-1), '0 failed, 0 warnings, 1 passed');
  assert.equal(table(good, middling, middling).at(-1), '0 failed, 2 warnings, 1 passed');
  assert.equal(outcomeOf([good]), 'ok');
  assert.equal(outcomeOf([middling, good]), 'warn');
  assert.equal(outcomeOf([middling, bad, good]), 'fail');
});

test('the fix for the current environment comes first', () => {
  for (const [place, label] of [
    ['docker', 'Docker'],
    ['kubernetes', 'Kubernetes'],
    ['host', 'host'],
  ] as const) {
    const text = examinationAsTable({ version: '1.2.3', atUnixMillis: 0, place, checks: [bad] });
    const labels = Array.from(text.matchAll(/^ +(Docker|Kubernetes|host):/gm), ([, each]) => each);
    assert.equal(labels[0], label);
    assert.equal(new Set(labels).size, 3);
  }
});
