import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NICE } from '../../src/config/options.ts';
import { configIn, refusedIn } from './loading.ts';

test('a nice value is an integer from -20 to 19, and unset by default', () => {
  for (const [text, value] of [
    ['-20', -20],
    ['0', 0],
    ['+5', 5],
    ['19', 19],
  ] as const) {
    assert.deepEqual(NICE.read(text), { kind: 'value', value });
  }
  for (const text of ['', '-21', '20', '1.5', '--5', 'high', '1e1', ' 1'])
    assert.equal(NICE.read(text).kind, 'must', text);
  assert.equal(configIn({}).nice, undefined);
  assert.equal(configIn({}, ['--service', 'x', '--nice', '-5']).nice, -5);
  const refused = refusedIn({}, ['--service', 'nginx', '--nice', '40']);
  assert.equal(refused.message, '--nice must be a whole number from -20 to 19, not "40"');
});
