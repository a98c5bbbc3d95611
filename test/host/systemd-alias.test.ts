import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { findAlias } from '../../src/host/systemd-alias.ts';
import { skipUnless } from '../skip.ts';

const procRoot = resolve(import.meta.dirname, '../fixtures/hosts/v2/proc');
const find = (name: string) => findAlias(procRoot, name);

test('a link with another name is an alias, in any directory', () => {
  assert.deepEqual(find('sshd.service'), { kind: 'alias', unit: 'ssh.service' });
  assert.deepEqual(find('main.service'), { kind: 'alias', unit: 'postgresql@15-main.service' });
});

test('an alias of an alias is followed', () => {
  assert.deepEqual(find('openssh.service'), { kind: 'alias', unit: 'ssh.service' });
});

test('an instance follows the link of its template', () => {
  assert.deepEqual(find('pg@15-main.service'), { kind: 'alias', unit: 'postgresql@15-main.service' });
});

test('an alias of a SysV script is followed', () => {
  assert.deepEqual(find('sysv-alias.service'), { kind: 'alias', unit: 'sysv.service' });
});

test('a link to a file outside of the unit directories is a unit of its own name', () => {
  for (const name of ['vendor.service', 'vendor@1.service']) {
    assert.deepEqual(find(name), { kind: 'none' }, name);
  }
  assert.deepEqual(find('vendor-alias.service'), { kind: 'alias', unit: 'vendor.service' });
});

test('regular unit files, unknown names, and links with the unit’s own name are no aliases', () => {
  for (const name of ['ssh.service', 'nginx.service', 'unknown.service', 'linked.service']) {
    assert.deepEqual(find(name), { kind: 'none' }, name);
  }
});

test('a unit file in a directory of higher priority hides the link in a lower one', () => {
  assert.deepEqual(find('shadowed.service'), { kind: 'none' });
});

test('a link to another unit type is not followed by systemd', () => {
  assert.deepEqual(find('odd.service'), { kind: 'none' });
});

test('cycles of links end', () => {
  assert.ok(['alias', 'none'].includes(find('loop-a.service').kind));
});

test('a unit linked to /dev/null is masked', () => {
  assert.deepEqual(find('masked.service'), { kind: 'masked' });
});

test('a host without an accessible PID 1 has no aliases', () => {
  assert.deepEqual(findAlias('/nowhere', 'sshd.service'), { kind: 'none' });
});

const isRoot = process.getuid?.() === 0;
test(
  'unreadable directories are reported',
  skipUnless(isRoot || 'takes root, to become another user'),
  (t) => {
    const denied = mkdtempSync(join(tmpdir(), 'unitledger-alias-'));
    chmodSync(denied, 0o755);
    t.after(() => rmSync(denied, { recursive: true }));
    mkdirSync(join(denied, '1/root'), { recursive: true });
    chmodSync(join(denied, '1/root'), 0o700);
    process.seteuid?.(65534);
    try {
      assertDenied(findAlias(denied, 'sshd.service'));
    } finally {
      process.seteuid?.(0);
    }
  },
);

function assertDenied(lookup: ReturnType<typeof findAlias>): void {
  assert.equal(lookup.kind, 'unreadable');
  assert.ok(
    lookup.kind === 'unreadable' && lookup.failure === 'denied' && lookup.path.endsWith('sshd.service'),
  );
}
