import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSpool } from '../../../../src/telemetry/export/spool/open-spool.ts';
import { SpoolDirectory, SpoolInUseError } from '../../../../src/telemetry/export/spool/spool-directory.ts';
import {
  fileNameOf,
  type StoredWindow,
  storedWindow,
} from '../../../../src/telemetry/export/spool/stored-window.ts';
import { RecordedLog } from '../../recorded-log.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const windowOf = (sequence: number, text: string): StoredWindow =>
  storedWindow(bytesOf(text), { sequence, madeAtUnixMillis: 1_700_000_000_000, encoding: 'json' });
const windowFiles = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort();

test('a window is one line in a file of its own, readable by its owner only, until it is removed', (t) => {
  const path = join(temporaryDirectory(t), 'made/when/missing');
  const spool = SpoolDirectory.open(path);
  const window = windowOf(1, '{"a":1}');
  spool.write(window, bytesOf('{"a":1}'));
  const [name] = windowFiles(path);
  assert.equal(name, fileNameOf(window));
  assert.equal(readFileSync(join(path, name!), 'utf8'), '{"a":1}\n');
  assert.equal(statSync(join(path, name!)).mode & 0o777, 0o600);
  assert.deepEqual(Buffer.from(spool.read(window)!).toString(), '{"a":1}');
  spool.remove(window);
  assert.deepEqual(windowFiles(path), []);
  spool.close();
});

test('a later owner finds buffered and quarantined windows, each in order, and foreign files', (t) => {
  const path = temporaryDirectory(t);
  const before = SpoolDirectory.open(path);
  for (const sequence of [10, 9, 2, 11])
    before.write(windowOf(sequence, `${sequence}`), bytesOf(`${sequence}`));
  before.setAside(windowOf(9, '9'));
  before.close();
  for (const name of ['notes.txt', 'windows.json', 'lost+found']) writeFileSync(join(path, name), 'x');
  mkdirSync(join(path, 'folder'));

  const { found } = SpoolDirectory.open(path);
  assert.deepEqual(found.waiting, [windowOf(2, '2'), windowOf(10, '10'), windowOf(11, '11')]);
  assert.deepEqual(found.aside, [windowOf(9, '9')]);
  assert.deepEqual(found.foreign, ['folder', 'notes.txt', 'windows.json']);
  assert.equal(readFileSync(join(path, 'notes.txt'), 'utf8'), 'x');
});

test('an incomplete file of a killed owner is no window, and is harmless', (t) => {
  const path = temporaryDirectory(t);
  writeFileSync(join(path, '.unitledger-draft'), '{"longer than what is written":');
  const spool = SpoolDirectory.open(path);
  assert.deepEqual(spool.found, { waiting: [], aside: [], foreign: [] });
  const window = windowOf(1, '{"a":1}');
  spool.write(window, bytesOf('{"a":1}'));
  assert.deepEqual(Buffer.from(spool.read(window)!).toString(), '{"a":1}');
  assert.equal(existsSync(join(path, '.unitledger-draft')), false);
  spool.close();
});

test('a torn file is distinguished from a missing one', (t) => {
  const path = temporaryDirectory(t);
  const spool = SpoolDirectory.open(path);
  const window = windowOf(1, '{"a":1}');
  spool.write(window, bytesOf('{"a":1}'));
  truncateSync(join(path, fileNameOf(window)), 3);
  assert.equal(spool.read(window), null);
  rmSync(join(path, fileNameOf(window)));
  assert.throws(() => spool.read(window), { code: 'ENOENT' });
  spool.remove(window);
});

test('a directory has one owner, and the next one after its release', (t) => {
  const path = temporaryDirectory(t);
  const first = SpoolDirectory.open(path);
  const inUse = {
    name: 'TelemetrySetupError',
    message: `--spool-dir "${path}" is in use by another unitledger; each needs a directory of its own.`,
  };
  // Within one process the kernel's lock is its own; SQLite keeps even those apart.
  assert.throws(() => SpoolDirectory.open(path), SpoolInUseError);
  assert.throws(() => openSpool(path, new RecordedLog()), inUse);
  first.close();
  SpoolDirectory.open(path).close();
});

test('an owner that was killed has released it, whatever it left', async (t) => {
  const path = temporaryDirectory(t);
  const module = new URL('../../../../src/telemetry/export/spool/spool-directory.ts', import.meta.url);
  const program = `import { SpoolDirectory } from ${JSON.stringify(module.href)};
    globalThis.held = SpoolDirectory.open(${JSON.stringify(path)});
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => owner.kill('SIGKILL'));
  await once(owner.stdout, 'data');
  assert.throws(() => SpoolDirectory.open(path), SpoolInUseError);
  const ended = once(owner, 'exit');
  owner.kill('SIGKILL');
  await ended;
  SpoolDirectory.open(path).close();
});

test('an unusable spool is rejected in one sentence that names it', (t) => {
  const path = temporaryDirectory(t);
  const file = join(path, 'file\x07');
  writeFileSync(file, '');
  const shown = join(path, 'file\\x07');
  for (const [directory, said, why] of [
    [file, shown, 'is not a directory'],
    [join(file, 'below'), join(shown, 'below'), `lies in ${shown}, which is a regular file`],
  ] as const) {
    assert.throws(() => openSpool(directory, new RecordedLog()), {
      name: 'TelemetrySetupError',
      message: `--spool-dir "${said}" cannot be used: it ${why}.`,
    });
  }
});

test('found files are logged once, with foreign names made printable', (t) => {
  const path = temporaryDirectory(t);
  const before = SpoolDirectory.open(path);
  before.write(windowOf(1, '1'), bytesOf('1'));
  before.close();
  for (const name of ['a\x1b', 'b', 'c', 'd']) writeFileSync(join(path, name), '');
  const log = new RecordedLog();
  openSpool(path, log).close();
  assert.deepEqual(log.said, [
    `warn: ignored foreign files in ${path}: a\\x1b, b, c and 1 more`,
    'info: sending 1 window of an earlier run from the spool first',
  ]);
});

test('a subdirectory that all users may write to, or that is not a directory, is rejected', (t) => {
  for (const name of ['set-aside', 'traces', 'traces/set-aside']) {
    const path = temporaryDirectory(t);
    mkdirSync(join(path, name), { recursive: true });
    SpoolDirectory.open(path).close();
    chmodSync(join(path, name), 0o777);
    assert.throws(() => SpoolDirectory.open(path), /can be written to by all users/, name);
  }
  const path = temporaryDirectory(t);
  writeFileSync(join(path, 'traces'), '');
  assert.throws(() => SpoolDirectory.open(path), /holds traces, which is a regular file/);
});
