import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import {
  commOfRecord,
  parseTaskRecord,
  parseTaskstats,
  TaskRecord,
} from '../../../src/host/taskstats/task-record.ts';
import { skipUnless } from '../../skip.ts';
import { exitMessage, taskstats } from './task-bytes.ts';

const FIGURES = {
  pid: 4_194_303,
  tgid: 4_194_301,
  ppid: 812,
  isLast: true,
  waitStatus: 0x0300,
  comm: 'cc1',
  userMicros: 2 ** 40,
  systemMicros: 4000,
  peakKib: 2048,
  readChars: 3072,
  writeChars: 1024,
  readBytes: 8192,
  writeBytes: 4096,
  cancelledWriteBytes: 512,
};

const READ = {
  pid: 4_194_303,
  tgid: 4_194_301,
  ppid: 812,
  isLast: true,
  waitStatus: 0x0300,
  cpuMicros: 2 ** 40 + 4000,
  peakMemoryBytes: 2_097_152,
  readChars: 3072,
  writeChars: 1024,
  readBytes: 8192,
  writeBytes: 4096,
  cancelledWriteBytes: 512,
};

function parsed(struct: Buffer): object {
  const record = new TaskRecord();
  parseTaskstats(struct, 0, struct.length, record);
  const { version, commStart, commEnd, ...figures } = record;
  return { ...figures, comm: commOfRecord(struct, record) };
}

describe('a record of a task', () => {
  for (const [version, bytes, extra] of [
    [12, 400, 0],
    [13, 416, 0],
    [14, 432, 0],
    [15, 496, 1],
    [15, 560, 2],
    [16, 560, 0],
    [17, 720, 0],
  ] as const) {
    it(`of version ${version} and ${bytes} bytes is read`, () => {
      assert.deepEqual(parsed(taskstats({ ...FIGURES, version }, bytes, extra)), { ...READ, comm: 'cc1' });
    });
  }

  it('of a version that does not distinguish threads and processes has only its version', () => {
    const record = new TaskRecord();
    parseTaskstats(taskstats({ ...FIGURES, version: 11 }), 0, 368, record);
    assert.deepEqual([record.version, record.pid], [11, 0]);
  });

  it('is found among the attributes of its message, after others', () => {
    const message = exitMessage(taskstats(FIGURES));
    const record = new TaskRecord();
    assert.equal(parseTaskRecord(message, 20, message.length, record), true);
    assert.equal(record.ppid, 812);
  });

  it('may have a name of any bytes', () => {
    const names: [string | Buffer, string][] = [
      ['', ''],
      ['a (b) c', 'a (b) c'],
      ['\x1b[31m\n', '\x1b[31m\n'],
      [Buffer.from([0x63, 0xff]), 'c\ufffd'],
      ['x'.repeat(32), 'x'.repeat(32)],
    ];
    for (const [comm, shown] of names)
      assert.equal((parsed(taskstats({ ...FIGURES, comm })) as { comm: string }).comm, shown);
  });

  it('of a length that its version does not have is rejected', () => {
    const record = new TaskRecord();
    for (const [version, bytes] of [
      [12, 399],
      [15, 432],
      [15, 520],
      [16, 1],
    ] as const) {
      const struct = taskstats({ ...FIGURES, version }, 560).subarray(0, bytes);
      assert.throws(() => parseTaskstats(struct, 0, bytes, record), ParseError, `${version}, ${bytes}`);
    }
  });

  it('of any bytes is parsed, or rejected with a ParseError', () => {
    const record = new TaskRecord();
    const mutated = fc.tuple(fc.nat(700), fc.nat(255), fc.nat(640));
    fc.assert(
      fc.property(
        fc.array(mutated, { maxLength: 8 }),
        fc.uint8Array({ maxLength: 600 }),
        (changes, noise) => {
          const message = exitMessage(taskstats(FIGURES));
          for (const [at, value] of changes) message[at % message.length] = value;
          const last = changes.at(-1)?.[2] ?? message.length;
          for (const [buffer, end] of [
            [message, Math.min(last, message.length)],
            [Buffer.from(noise), noise.length],
          ] as const) {
            try {
              if (parseTaskRecord(buffer, Math.min(20, end), end, record))
                assert.ok(record.commEnd <= buffer.length);
            } catch (error) {
              assert.ok(error instanceof ParseError, String(error));
            }
          }
        },
      ),
    );
  });
});

/** A C program that writes the struct with each field set, and its version, by the header of this machine. */
const PROGRAM = `
#include <linux/taskstats.h>
#include <stdio.h>
#include <string.h>
int main(void) {
  struct taskstats s;
  memset(&s, 0, sizeof s);
  s.version = TASKSTATS_VERSION;
#if TASKSTATS_VERSION >= 12
  s.ac_tgid = 4194301;
#endif
  s.ac_exitcode = 0x0300; s.ac_flag = 0x20; strcpy(s.ac_comm, "cc1");
  s.ac_pid = 4194303; s.ac_ppid = 812;
  s.ac_utime = 1ULL << 40; s.ac_stime = 4000; s.hiwater_rss = 2048;
  s.read_char = 3072; s.write_char = 1024;
  s.read_bytes = 8192; s.write_bytes = 4096; s.cancelled_write_bytes = 512;
  return fwrite(&s, sizeof s, 1, stdout) == 1 ? 0 : 1;
}
`;

function compiledStruct(): Buffer | string {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-taskstats-'));
  try {
    const source = join(folder, 'struct.c');
    writeFileSync(source, PROGRAM);
    execFileSync('cc', ['-o', join(folder, 'struct'), source], { stdio: 'ignore' });
    const struct = execFileSync(join(folder, 'struct'));
    return struct.readUInt16LE(0) >= 12 ? struct : 'takes kernel headers of Linux 5.19 or later';
  } catch {
    return "takes a C compiler and the kernel's headers";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the kernel's own header", () => {
  const struct = compiledStruct();
  it('has the fields at the parsed offsets', skipUnless(typeof struct === 'string' ? struct : true), () => {
    assert.deepEqual(parsed(struct as Buffer), { ...READ, comm: 'cc1' });
  });
});
