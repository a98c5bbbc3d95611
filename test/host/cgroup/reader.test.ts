import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CgroupFile, CgroupReader, ProcsBytes } from '../../../src/host/cgroup/reader.ts';

function makeFile(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'unitledger-reader-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'file');
  writeFileSync(path, text);
  return path;
}

function opened(reader: CgroupReader, path: string): CgroupFile {
  const file = reader.open(path);
  assert.ok(typeof file !== 'string', String(file));
  return file;
}

for (const [manner, mostHeld] of [
  ['out of a held descriptor', 10],
  ['by its path', 0],
] as const) {
  test(`a list longer than any buffer is read completely ${manner}, repeatedly`, (t) => {
    const listed = Array.from({ length: 100_000 }, (_, i) => 1 + ((i * 7919) % 4_000_000));
    const reader = new CgroupReader(mostHeld);
    const file = opened(reader, makeFile(t, listed.map((pid) => `${pid}\n`).join('')));
    t.after(() => reader.close(file));
    for (let time = 0; time < 2; time++) {
      const pids: number[] = [];
      assert.equal(reader.readProcs(file, { push: (pid) => pids.push(pid) }), 0);
      assert.deepEqual(pids, listed);
    }
  });

  test(`lists that end at or near the border of a page are read completely ${manner}`, (t) => {
    for (const length of [4070, 4080, 4085, 4090, 4095, 4100, 16380, 16385]) {
      const listed = Array.from({ length: length / 5 }, () => 1234);
      const reader = new CgroupReader(mostHeld);
      const file = opened(reader, makeFile(t, listed.map((pid) => `${pid}\n`).join('')));
      let count = 0;
      assert.equal(reader.readProcs(file, { push: () => count++ }), 0);
      assert.equal(count, listed.length);
      reader.close(file);
    }
  });
}

test('a list of v1 is opened for each read, and counts as one that is wanted', (t) => {
  const reader = new CgroupReader(10, true);
  const path = makeFile(t, '1\n');
  const file = reader.openProcs(path);
  assert.ok(typeof file !== 'string', String(file));
  assert.equal(reader.wanted, 1);
  assert.ok(!reader.isShort);
  assert.equal(file.descriptor, -1);
  const pids: number[] = [];
  assert.equal(reader.readProcs(file, { push: (pid) => pids.push(pid) }), 0);
  assert.deepEqual(pids, [1]);
  // The list of a cgroup that was created under the same name.
  writeFileSync(`${path}.new`, '1\n2\n');
  renameSync(`${path}.new`, path);
  assert.equal(reader.readProcs(file, { push: (pid) => pids.push(pid) }), 'gone');
  reader.close(file);
  assert.equal(reader.wanted, 0);
  assert.equal(reader.openProcs('/nowhere/cgroup.procs'), 'gone');
});

test('a list is passed on only if its bytes have changed, wherever they have', (t) => {
  const reader = new CgroupReader(1);
  const path = makeFile(t, '');
  const file = opened(reader, path);
  t.after(() => reader.close(file));
  const known = new ProcsBytes();
  const pids: number[] = [];
  const read = (listed: readonly number[], mayBeSame = true) => {
    writeFileSync(path, listed.map((pid) => `${pid}\n`).join(''));
    pids.length = 0;
    return reader.readProcsUnlessSame(file, { push: (pid) => pids.push(pid) }, known, mayBeSame);
  };
  // Longer than two buffers.
  const long = Array.from({ length: 10_000 }, (_, at) => 10_000 + at);
  const changed = long.map((pid, at) => (at === 7000 ? 99_999 : pid));
  let before: readonly number[] = [];
  for (const list of [long, changed, [...long, 5], long, long.slice(0, 9000), [], [5], [0, 5], [5, 6]]) {
    assert.equal(read(list), list.includes(0) ? 1 : 0, `after ${before.length}`);
    assert.deepEqual(
      pids,
      list.filter((pid) => pid !== 0),
    );
    assert.equal(read(list), 'same');
    assert.deepEqual(pids, []);
    before = list;
  }
  assert.equal(read([5, 6], false), 0);
  assert.deepEqual(pids, [5, 6], 'when it has to be passed on');
});

test('a list is passed on after one that could not be read', (t) => {
  const reader = new CgroupReader(1);
  const path = makeFile(t, '12\n');
  const file = opened(reader, path);
  t.after(() => reader.close(file));
  const known = new ProcsBytes();
  const read = (text: string) => {
    writeFileSync(path, text);
    return reader.readProcsUnlessSame(file, { push() {} }, known, true);
  };
  assert.deepEqual(['12\n', '12\n', '12\nx\n', '12\n', '12\n'].map(read), [
    0,
    'same',
    'malformed',
    0,
    'same',
  ]);
});

test('an endless list is abandoned', (t) => {
  const reader = new CgroupReader(4);
  const path = makeFile(t, '');
  // Twice as much as any kernel can list.
  const descriptor = openSync(path, 'w');
  const chunk = Buffer.alloc(1 << 20, '1234567\n');
  for (let i = 0; i < 128; i++) writeSync(descriptor, chunk);
  closeSync(descriptor);
  const file = opened(reader, path);
  let count = 0;
  assert.equal(reader.readProcs(file, { push: () => count++ }), 'malformed');
  assert.ok(count < 9_000_000, `${count} PIDs`);
  assert.equal(reader.readProcsUnlessSame(file, { push() {} }, new ProcsBytes(), true), 'malformed');
  reader.close(file);
});

test('unparsable content is malformed, and the next read is not affected', (t) => {
  const reader = new CgroupReader(4);
  const bad = opened(reader, makeFile(t, '12\nx\n'));
  const good = opened(reader, makeFile(t, '7\n'));
  const pids: number[] = [];
  assert.equal(reader.readProcs(bad, { push() {} }), 'malformed');
  assert.equal(reader.readCpuStatSeconds(bad), 'malformed');
  assert.equal(reader.readProcs(good, { push: (pid) => pids.push(pid) }), 0);
  assert.deepEqual(pids, [7]);
  reader.close(bad);
  reader.close(good);
});

test('at most the permitted number of descriptors is held', (t) => {
  const path = makeFile(t, '7\n');
  const reader = new CgroupReader(2);
  const openNow = () => readdirSync('/proc/self/fd').length;
  const before = openNow();
  const files = [1, 2, 3, 4].map(() => opened(reader, path));
  assert.equal(openNow() - before, 2);
  for (const file of files) reader.close(file);
  assert.equal(openNow(), before);
  assert.ok(opened(reader, path).descriptor >= 0, 'what was given back may be held again');
});

test('a missing file is gone', () => {
  assert.equal(new CgroupReader(1).open('/nowhere/cgroup.procs'), 'gone');
});
