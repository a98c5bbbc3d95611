import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { IoFields, parseIo } from '../../../src/host/proc/io.ts';
import { compileProgram, hasCompiler } from '../../compiled.ts';
import { skipUnless } from '../../skip.ts';

const MIB = 2 ** 20;
/** `f_type` of statfs(2). */
const TMPFS = 0x01021994;
/** What reading `io` itself adds to `rchar`, and printing it to `wchar`. */
const NOISE = 4096;

/** Moves 1 MiB in each of the ways and prints its own `io` after each. The first argument is a folder to write in. */
const SOURCE = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
#define MIB (1 << 20)
static void show(const char *what) {
  char text[512];
  int io = open("/proc/self/io", O_RDONLY);
  ssize_t length = read(io, text, sizeof text - 1);
  close(io);
  if (length < 0) exit(2);
  text[length] = 0;
  printf("%s\\n%s\\n", what, text);
  fflush(stdout);
}
static void need(int holds) {
  if (!holds) exit(3);
}
int main(int count, char **arguments) {
  char *bytes = malloc(MIB);
  int ends[2], sockets[2];
  memset(bytes, 7, MIB);
  need(chdir(arguments[1]) == 0 && pipe(ends) == 0 && fcntl(ends[1], F_SETPIPE_SZ, MIB) >= MIB);
  int from = open("from", O_RDWR | O_CREAT, 0600);
  int to = open("to", O_RDWR | O_CREAT, 0600);
  show("start");
  need(write(from, bytes, MIB) == MIB);
  show("write");
  need(pread(from, bytes, MIB, 0) == MIB);
  show("read");
  lseek(from, 0, SEEK_SET);
  need(sendfile(to, from, NULL, MIB) == MIB);
  show("sendfile");
  lseek(from, 0, SEEK_SET);
  need(splice(from, NULL, ends[1], NULL, MIB, 0) == MIB);
  show("splice from a file");
  need(splice(ends[0], NULL, to, NULL, MIB, 0) == MIB);
  show("splice to a file");
  char *mapped = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, from, 0);
  memset(mapped, 9, MIB);
  show("mmap");
  need(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
  need(send(sockets[0], bytes, 65536, 0) == 65536 && recv(sockets[1], bytes, 65536, MSG_WAITALL) == 65536);
  show("send and recv");
  need(ftruncate(from, 0) == 0);
  show("truncate");
  return 0;
}
`;

function onDisk(): true | string {
  return statfsSync(tmpdir()).type !== TMPFS || 'needs a temporary directory on a disk';
}

describe('what the real kernel counts in /proc/PID/io', skipUnless(hasCompiler), () => {
  const counted = new Map<string, IoFields>();
  const { path, remove } = hasCompiler === true ? compileProgram('mover', SOURCE) : { path: '', remove() {} };
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-io-'));
  try {
    const { status, stdout } = spawnSync(path, [folder], { encoding: 'utf8' });
    assert.equal(status, 0);
    const before = new IoFields();
    for (const part of stdout.trimEnd().split(/\n\n/)) {
      const [what] = part.split('\n', 1) as [string];
      const bytes = Buffer.from(`${part.slice(what.length + 1)}\n`);
      const now = new IoFields();
      parseIo(bytes, bytes.length, now);
      const grown = new IoFields();
      for (const field of Object.keys(now) as (keyof IoFields)[]) {
        grown[field] = now[field] - before[field];
        before[field] = now[field];
      }
      counted.set(what, grown);
    }
  } finally {
    rmSync(folder, { recursive: true });
    remove();
  }
  const of = (what: string) => counted.get(what)!;
  const isAbout = (bytes: number, wanted: number) => bytes >= wanted && bytes <= wanted + 2 * NOISE;

  for (const [what, reads, writes] of [
    ['read', true, false],
    ['write', false, true],
    ['sendfile', true, true],
    ['splice from a file', false, false],
    ['splice to a file', false, false],
    ['mmap', false, false],
    ['send and recv', false, false],
  ] as const) {
    it(`${what}: ${reads ? '' : 'not '}in rchar, ${writes ? '' : 'not '}in wchar`, () => {
      const { readChars, writeChars } = of(what);
      assert.ok(isAbout(readChars, reads ? MIB : 0), `rchar ${readChars}`);
      assert.ok(isAbout(writeChars, writes ? MIB : 0), `wchar ${writeChars}`);
    });
  }

  it('write_bytes grows when data is written to the page cache, also by splice', skipUnless(onDisk()), () => {
    for (const what of ['write', 'sendfile'])
      assert.ok(of(what).writeBytes >= MIB, `${what}: ${of(what).writeBytes}`);
    assert.ok(of('splice to a file').writeBytes >= MIB, `${of('splice to a file').writeBytes}`);
  });

  it(
    'data that is truncated before write-back is cancelled, and stays in write_bytes',
    skipUnless(onDisk()),
    () => {
      assert.equal(of('truncate').writeBytes, 0);
      assert.ok(of('truncate').cancelledWriteBytes >= MIB / 2, `${of('truncate').cancelledWriteBytes}`);
    },
  );
});
