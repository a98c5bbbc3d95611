import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readWhole } from '../../../src/host/files/read.ts';
import { writeWhole } from '../../../src/host/files/write.ts';
import { SpoolDirectory } from '../../../src/telemetry/export/spool/spool-directory.ts';
import { skipUnless } from '../../skip.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0 || 'needs root';
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('files named by the user', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('are created for their owner only, and keep the mode of the file they replace unless another is given', () => {
    const file = join(folder, 'out');
    writeWhole(file, 'one');
    assert.equal(modeOf(file), 0o600);
    chmodSync(file, 0o640);
    writeWhole(file, 'two');
    assert.deepEqual([modeOf(file), readFileSync(file, 'utf8')], [0o640, 'two']);
    writeWhole(file, 'three', 0o604);
    assert.equal(modeOf(file), 0o604);
    assert.deepEqual(readdirSync(folder), ['out']);
  });

  test('are replaced by all parts of a text that is generated while it is written, or not at all', () => {
    const file = join(folder, 'out');
    const lines = Array.from({ length: 5000 }, (_, at) => `line ${at}: ä\n`);
    writeWhole(file, () => lines);
    assert.equal(readFileSync(file, 'utf8'), lines.join(''));
    const failing = function* () {
      yield* lines.slice(0, 4000);
      throw new Error('no more lines');
    };
    assert.throws(() => writeWhole(file, failing), /no more lines/);
    assert.equal(readFileSync(file, 'utf8'), lines.join(''));
    assert.deepEqual(readdirSync(folder), ['out']);
  });

  test("are not written through another user's link to somebody else's file", skipUnless(isRoot), () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'secret', { mode: 0o600 });
    symlinkSync(victim, join(folder, 'out'));
    lchownSync(join(folder, 'out'), NOBODY, NOBODY);
    assert.throws(() => writeWhole(join(folder, 'out'), 'x'), /symbolic link of another user \(UID 65534\)/);
    assert.equal(readFileSync(victim, 'utf8'), 'secret');
  });

  test('are written through a link of the user', () => {
    writeFileSync(join(folder, 'real'), '');
    symlinkSync('real', join(folder, 'link'));
    writeWhole(join(folder, 'link'), 'x');
    assert.equal(readFileSync(join(folder, 'real'), 'utf8'), 'x');
  });

  test('are rejected without blocking if they are FIFOs or devices', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    assert.throws(() => readWhole(join(folder, 'fifo'), 100), /is a FIFO, not a regular file/);
    assert.throws(() => readWhole('/dev/zero', 100), /is a device, not a regular file/);
    assert.throws(() => writeWhole(join(folder, 'fifo'), 'x'), { code: 'ENXIO' });
    assert.throws(() => writeWhole('/dev/full', 'x'), { code: 'ENOSPC' });
  });

  test('of a spool are rejected in a directory of another user, and behind links', skipUnless(isRoot), () => {
    const spool = join(folder, 'spool');
    mkdirSync(spool);
    lchownSync(spool, NOBODY, NOBODY);
    assert.throws(() => SpoolDirectory.open(spool), /belongs to another user \(UID 65534\)/);
    lchownSync(spool, 0, 0);
    writeFileSync(join(folder, 'victim'), 'secret');
    symlinkSync(join(folder, 'victim'), join(spool, '.unitledger-lock'));
    assert.throws(() => SpoolDirectory.open(spool), /holds \.unitledger-lock, which is a symbolic link/);
    assert.equal(readFileSync(join(folder, 'victim'), 'utf8'), 'secret');
  });

  test(
    'of a spool are rejected below a directory of another user, before anything is created',
    skipUnless(isRoot),
    () => {
      const theirs = join(folder, 'theirs');
      mkdirSync(theirs);
      lchownSync(theirs, NOBODY, NOBODY);
      symlinkSync(folder, join(theirs, 'link'));
      lchownSync(join(theirs, 'link'), NOBODY, NOBODY);
      for (const [path, message] of [
        ['theirs/spool', /lies in .*theirs, which belongs to another user \(UID 65534\)/],
        ['theirs/link/spool', /leads through .*link, a symbolic link of another user/],
      ] as const)
        assert.throws(() => SpoolDirectory.open(join(folder, path)), message);
      assert.deepEqual(readdirSync(theirs), ['link']);
      assert.ok(!existsSync(join(folder, 'spool')));
      mkdirSync(join(theirs, 'made'));
      assert.throws(() => SpoolDirectory.open(join(theirs, 'made')), /lies in .*theirs, which belongs/);
      chmodSync(theirs, 0o777);
      lchownSync(theirs, 0, 0);
      assert.throws(() => SpoolDirectory.open(join(theirs, 'made')), /can be written to by all users/);
    },
  );

  test('of a spool are rejected if a lock has a second name', skipUnless(isRoot), () => {
    const spool = join(folder, 'linked');
    mkdirSync(spool);
    writeFileSync(join(folder, 'other'), 'secret');
    linkSync(join(folder, 'other'), join(spool, '.unitledger-lock'));
    assert.throws(() => SpoolDirectory.open(spool), /holds \.unitledger-lock, which is a regular file/);
  });
});
