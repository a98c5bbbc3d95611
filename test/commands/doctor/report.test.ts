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
  examinationAsTable({ version: '1.2.3', atUnixMillis: 0, checks }).trimEnd().split('\n');

test('what is well takes a line, and all else says what it costs and how to put it right', () => {
  assert.deepEqual(table(good, middling, bad), [
    'unitledger 1.2.3: 1 of 3 checks failed, 1 to look at',
    '',
    'ok    processes  12 in /proc',
    'warn  target     a-long-name-of-a-unit.service a-long-name-of-a-unit.service',
    '                 a-long-name-of-a-unit.service a-long-name-of-a-unit.service not there',
    '                 costs:      it is waited for',
    '                 fix:        start it',
    'fail  endpoint   nothing listens there',
    '                 costs:      nothing is delivered',
    '                 Docker:     -e A',
    '                 Kubernetes: export.endpoint',
    '                 host:       A in the environment',
  ]);
});

test('the whole is as bad as its worst', () => {
  assert.equal(table(good)[0], 'unitledger 1.2.3: all 1 checks are well');
  assert.equal(table(good, middling)[0], 'unitledger 1.2.3: 1 of 2 checks to look at');
  assert.equal(outcomeOf([good]), 'ok');
  assert.equal(outcomeOf([middling, good]), 'warn');
  assert.equal(outcomeOf([middling, bad, good]), 'fail');
});
