import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { addIoBytes, byIoCounter, IO_COUNTERS, IoFields, parseIo } from '../../../src/host/proc/io.ts';

const TEXT =
  'rchar: 1001\nwchar: 2002\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 512\n';

function parse(text: string): IoFields {
  const buffer = Buffer.from(text);
  const fields = new IoFields();
  parseIo(buffer, buffer.length, fields);
  return fields;
}

describe('/proc/PID/io', () => {
  it('distinguishes requested bytes, bytes that reached the disk, and cancelled ones', () => {
    assert.deepEqual(
      { ...parse(TEXT) },
      {
        readChars: 1001,
        writeChars: 2002,
        readBytes: 4096,
        writeBytes: 8192,
        cancelledWriteBytes: 512,
      },
    );
  });

  it('reads this process', () => {
    assert.ok(parse(readFileSync('/proc/self/io', 'utf8')).readChars > 0);
  });

  it('rejects a file that is truncated anywhere', () => {
    for (let length = 0; length < TEXT.length; length++) {
      assert.throws(() => parse(TEXT.slice(0, length)), ParseError, `at ${length}`);
    }
  });

  it('names the line that it could not parse', () => {
    assert.throws(
      () => parse(TEXT.replace('write_bytes: 8192', 'write_bytes: -1')),
      (error: ParseError) => error.field === 'write_bytes' && error.file === '/proc/PID/io',
    );
  });

  it('throws only ParseError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(TEXT.length), (noise, at) => {
        try {
          parse(TEXT.slice(0, at) + noise + TEXT.slice(at));
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});

it('adds every counter', () => {
  const sums = byIoCounter((counter) => IO_COUNTERS.indexOf(counter) + 1);
  addIoBytes(
    sums,
    byIoCounter(() => 10),
  );
  assert.deepEqual(Object.values(sums), [11, 12, 13, 14, 15]);
});
