import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import {
  closeSync,
  type FSWatcher,
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
import { eventsOf, inotifyEvents } from '../../../src/host/cgroup/file-events.ts';
import { canMakeCgroups, RealCgroups, until } from '../../real-cgroups.ts';
import { skipUnless } from '../../skip.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'unitledger-events-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function watched(t: TestContext, path: string): string[] {
  const told: string[] = [];
  const watch = inotifyEvents.watch(path, (event, name) => told.push(`${event} ${name}`), assert.fail);
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

test('a missing file cannot be watched, and nothing is reported once a watch is closed', async (t) => {
  const path = folder(t);
  assert.equal(inotifyEvents.watch(join(path, 'none'), assert.fail, assert.fail), 'gone');
  const told: string[] = [];
  const watch = inotifyEvents.watch(path, (_, name) => told.push(name), assert.fail);
  assert.ok(typeof watch !== 'string');
  watch.close();
  const other = watched(t, path);
  writeFileSync(join(path, 'file'), '');
  await until(() => other.length > 0, 'an event');
  assert.deepEqual(told, []);
});

test(
  'the kernel reports that a cgroup has no process any more, and its counter can still be read then',
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

class FakeWatcher extends EventEmitter {
  isClosed = false;

  close(): void {
    this.isClosed = true;
  }
}

test('an error after the watch began is reported with its reason, and ends the watch', () => {
  for (const [code, reason] of [
    ['ENOSPC', 'watches'],
    ['ENOMEM', 'memory'],
    ['ENFILE', 'files'],
    // Descriptors can be opened here.
    ['EMFILE', 'instances'],
    ['EIO', 'unsupported'],
  ]) {
    const watcher = new FakeWatcher();
    const failures: string[] = [];
    const watch = eventsOf(() => watcher as unknown as FSWatcher).watch('/x', assert.fail, (why) =>
      failures.push(why),
    );
    assert.ok(typeof watch !== 'string');
    watcher.emit('error', Object.assign(new Error(code), { code }));
    assert.deepEqual(failures, [reason]);
    assert.ok(watcher.isClosed);
  }
});

/** What a program of its own says that begins to watch once `prepare` was run. */
function reasonElsewhere(prepare: string, by: readonly string[]): string {
  const source = new URL('../../../src/host/cgroup/file-events.ts', import.meta.url).href;
  const script = `
    const { inotifyEvents } = await import(${JSON.stringify(source)});
    const { openSync } = await import('node:fs');
    ${prepare}
    const watch = inotifyEvents.watch('/proc/self', () => {}, () => {});
    process.exitCode = { descriptors: 10, instances: 11, watches: 12 }[watch] ?? 1;
  `;
  const argv = [...by, process.execPath, '--input-type=module', '--eval', script];
  const { status, stderr } = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8', timeout: 30_000 });
  return { 10: 'descriptors', 11: 'instances', 12: 'watches' }[status ?? 0] ?? `${status}: ${stderr}`;
}

test('the limit of open files is not mistaken for that of inotify instances', () => {
  const fill = "for (;;) try { openSync('/dev/null') } catch { break }";
  assert.equal(reasonElsewhere(fill, ['prlimit', '--nofile=64:64']), 'descriptors');
});

const canLimit = () =>
  spawnSync('unshare', ['--user', '--map-root-user', 'test', '-w', '/proc/sys/user/max_inotify_instances'])
    .status === 0 || 'takes user namespaces';

for (const name of ['instances', 'watches'] as const) {
  test(`exhausted inotify ${name} are named`, skipUnless(canLimit()), () => {
    const limited = ['unshare', '--user', '--map-root-user', 'sh', '-c'];
    const script = `echo 0 >/proc/sys/user/max_inotify_${name} && exec "$@"`;
    assert.equal(reasonElsewhere('', [...limited, script, 'sh']), name);
  });
}
