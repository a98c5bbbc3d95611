import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inotifyEvents } from '../../../src/host/cgroup/file-events.ts';
import { canMakeCgroups, RealCgroups, until } from '../../real-cgroups.ts';
import { skipUnless } from '../../skip.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'unitledger-events-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function watched(t: TestContext, path: string): string[] {
  const told: string[] = [];
  const watch = inotifyEvents.watch(path, (event, name) => told.push(`${event} ${name}`));
  assert.ok(typeof watch !== 'string', String(watch));
  t.after(() => watch.close());
  return told;
}

test('each creation and each removal of a directory is one event', async (t) => {
  const path = folder(t);
  const told = watched(t, path);
  mkdirSync(join(path, 'ü\\x20.service'));
  rmdirSync(join(path, 'ü\\x20.service'));
  mkdirSync(join(path, 'a.service'));
  await until(() => told.length === 3, 'three events');
  assert.deepEqual(told, ['entry ü\\x20.service', 'entry ü\\x20.service', 'entry a.service']);
});

test('a file that is not there cannot be watched, and nothing is reported once a watch is closed', async (t) => {
  const path = folder(t);
  assert.equal(
    inotifyEvents.watch(join(path, 'none'), () => {}),
    'gone',
  );
  const told: string[] = [];
  const watch = inotifyEvents.watch(path, (_, name) => told.push(name));
  assert.ok(typeof watch !== 'string');
  watch.close();
  const other = watched(t, path);
  writeFileSync(join(path, 'file'), '');
  await until(() => other.length > 0, 'an event');
  assert.deepEqual(told, []);
});

test(
  'the kernel reports that a cgroup has no process any more, and its counter still reads then',
  skipUnless(canMakeCgroups()),
  async (t) => {
    const cgroups = new RealCgroups(t);
    cgroups.make('/a');
    const descriptor = openSync(`${cgroups.root}/a/cpu.stat`, 'r');
    t.after(() => closeSync(descriptor));
    const told = watched(t, `${cgroups.root}/a/cgroup.events`);
    cgroups.shell('/a', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done');
    await until(() => told.length >= 2 && cgroups.pids('/a').length === 0, 'both changes');
    assert.ok(told.every((event) => event === 'content cgroup.events'));
    const buffer = Buffer.alloc(4096);
    const text = buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
    assert.ok(Number(/usage_usec (\d+)/.exec(text)![1]) > 0);
  },
);
