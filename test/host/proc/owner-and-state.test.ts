import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOwnerAndState, readOwnerAndState } from '../../../src/host/proc/status.ts';

const STATUS = [
  'Name:\tevil\\nState:\tZ',
  'Umask:\t0022',
  'State:\tS (sleeping)',
  'Tgid:\t7',
  'Uid:\t1000\t33\t33\t33',
  'Gid:\t33\t33\t33\t33',
  '',
].join('\n');

test('the state and the effective user are those of the file, whatever the process name', () => {
  assert.deepEqual(parseOwnerAndState(STATUS), { state: 'S', uid: 33 });
  assert.equal(parseOwnerAndState(STATUS.slice(0, 40)), undefined);
});

test('this process runs as its own user, and a missing process has none', () => {
  const own = readOwnerAndState('/proc', process.pid);
  assert.equal(own?.uid, process.geteuid!());
  assert.match(own!.state, /^[RSD]$/);
  assert.equal(readOwnerAndState('/proc', 4_194_305), undefined);
});
