import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readUserNames, UserNames } from '../../src/host/user-names.ts';

test('users have the names of their first lines, and their numbers if there is none', () => {
  const users = new UserNames(
    'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbad\n:x:5:5::/:\nwww:x:33:33\n',
  );
  assert.deepEqual(
    [0, 33, 5, 1000].map((id) => users.of(id)),
    ['root', 'www', '5', '1000'],
  );
});

test('users of this host are read', () => {
  assert.equal(readUserNames('/proc').of(0), 'root');
  assert.equal(readUserNames('/nowhere').of(0), 'root');
});

test('a FIFO in the place of the file of PID 1 is not read', (t) => {
  const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-users-'));
  t.after(() => rmSync(procRoot, { recursive: true }));
  mkdirSync(join(procRoot, '1/root/etc'), { recursive: true });
  execFileSync('mkfifo', [join(procRoot, '1/root/etc/passwd')]);
  // In a process of its own, because opening a FIFO blocks.
  const module = JSON.stringify(import.meta.resolve('../../src/host/user-names.ts'));
  const script = `const { readUserNames } = await import(${module}); console.log(readUserNames(process.argv[1]).of(0))`;
  const args = ['--input-type=module', '--eval', script, procRoot];
  assert.equal(spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 }).stdout, 'root\n');
});
