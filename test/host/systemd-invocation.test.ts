import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readInvocation } from '../../src/host/systemd-invocation.ts';

test('a unit’s invocation ID is the target of its link', (t) => {
  const procRoot = mkdtempSync(join(tmpdir(), 'unitledger-invocation-'));
  t.after(() => rmSync(procRoot, { recursive: true }));
  const folder = join(procRoot, '1/root/run/systemd/units');
  assert.equal(readInvocation(procRoot, 'nginx.service'), null);
  mkdirSync(folder, { recursive: true });
  symlinkSync('d2a74c9650414f72ac009d1fe5d2d0c5', join(folder, 'invocation:my\\x20app.service'));
  assert.equal(readInvocation(procRoot, 'my\\x20app.service'), 'd2a74c9650414f72ac009d1fe5d2d0c5');
  assert.equal(readInvocation(procRoot, 'nginx.service'), null);
});
