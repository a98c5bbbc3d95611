import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CgroupFile, CgroupReader } from '../../../src/host/cgroup/reader.ts';

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
