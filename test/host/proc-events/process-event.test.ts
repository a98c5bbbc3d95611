import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import {
  EVENT_NONE,
  eventOf,
  type ProcessEvent,
  ProcessEventRecord,
  parseProcessEvent,
} from '../../../src/host/proc-events/process-event.ts';
import { commMessage, eventMessage, execMessage, exitMessage, forkMessage, WHAT } from './event-bytes.ts';

function parsed(message: Buffer): ProcessEvent | null {
  const record = new ProcessEventRecord();
  assert.equal(parseProcessEvent(message, 0, message.length, record), message.length);
  record.atSeconds = record.kernelNanos / 1e9;
  return record.kind === EVENT_NONE ? null : eventOf(record, message);
}

describe('a process event', () => {
  it('of a birth names the child and the parent that waits for it', () => {
    assert.deepEqual(parsed(forkMessage(7, 4711, 3.25)), {
      kind: 'fork',
      atSeconds: 3.25,
      pid: 4711,
      parentPid: 7,
    });
  });

  it('of an exec names the process only', () => {
    assert.deepEqual(parsed(execMessage(4711, 2)), { kind: 'exec', atSeconds: 2, pid: 4711 });
  });

  it('of a rename has the new name, which may be any bytes', () => {
    const event = { kind: 'comm', atSeconds: 1, pid: 9 };
    assert.deepEqual(parsed(commMessage(9, 'worker')), { ...event, name: 'worker' });
    assert.deepEqual(parsed(commMessage(9, '\x1b[2J\n) (')), { ...event, name: '\x1b[2J\n) (' });
    assert.deepEqual(parsed(commMessage(9, Buffer.from([0x61, 0xff, 0x62]))), { ...event, name: 'a\ufffdb' });
    const full = Buffer.alloc(16, 'x');
    assert.deepEqual(parsed(commMessage(9, full)), { ...event, name: 'x'.repeat(16) });
  });

  it('of an end has the exit code or the signal, and the parent', () => {
    const ended = (waitStatus: number) => parsed(exitMessage(9, 7, waitStatus));
    const event = { kind: 'exit', atSeconds: 1, pid: 9, parentPid: 7 };
    assert.deepEqual(ended(0), { ...event, exitCode: 0, signal: null });
    assert.deepEqual(ended(3 << 8), { ...event, exitCode: 3, signal: null });
    assert.deepEqual(ended(9), { ...event, exitCode: null, signal: 9 });
    // With a core dump.
    assert.deepEqual(ended(0x80 | 11), { ...event, exitCode: null, signal: 11 });
  });

  it('has its time to the microsecond after years of uptime', () => {
    const nanos = 3n * 365n * 86_400n * 1_000_000_000n + 123_456_789n;
    const event = parsed(eventMessage(WHAT.exec, nanos, [5, 5]));
    assert.ok(Math.abs(event!.atSeconds - (3 * 365 * 86_400 + 0.123456789)) < 1e-6);
  });

  it('of a thread, or of a useless kind, is none', () => {
    assert.equal(parsed(forkMessage(7, 9, 1, 10)), null);
    assert.equal(parsed(exitMessage(9, 7, 0, 1, 10)), null);
    assert.equal(parsed(eventMessage(WHAT.uid, 1n, [9, 9, 0, 0])), null);
    assert.equal(parsed(eventMessage(WHAT.coredump, 1n, [9, 9])), null);
  });

  it('of another connector is none', () => {
    const message = forkMessage(7, 9);
    message.writeUInt32LE(2, 16);
    assert.equal(parsed(message), null);
  });

  it('that is an answer has its request and its result', () => {
    const record = new ProcessEventRecord();
    const message = eventMessage(WHAT.none, 1n, [22], 8);
    parseProcessEvent(message, 0, message.length, record);
    assert.deepEqual([record.kind, record.acknowledges, record.errno], [EVENT_NONE, 8, 22]);
  });

  it('that is truncated, or has a length beyond its end, is rejected', () => {
    const message = exitMessage(9, 7);
    const record = new ProcessEventRecord();
    for (let length = 0; length < message.length; length++)
      assert.throws(() => parseProcessEvent(message, 0, length, record), ParseError);
    message.writeUInt32LE(77, 0);
    assert.throws(() => parseProcessEvent(message, 0, 76, record), ParseError);
  });

  it('of any bytes is parsed, or rejected with a ParseError, and parsing advances', () => {
    const record = new ProcessEventRecord();
    const kinds = fc.constantFrom(...Object.values(WHAT));
    const bytes = fc.tuple(fc.uint8Array({ minLength: 52, maxLength: 160 }), kinds, fc.nat(200));
    fc.assert(
      fc.property(bytes, fc.nat(200), ([some, what, size], length) => {
        const buffer = Buffer.from(some);
        buffer.writeUInt32LE(size, 0);
        buffer.writeUInt32LE(1, 16);
        buffer.writeUInt32LE(1, 20);
        buffer.writeUInt32LE(what, 36);
        try {
          for (let at = 0; at < length; ) {
            const next = parseProcessEvent(buffer, at, length, record);
            assert.ok(next > at && next <= length);
            if (record.kind !== EVENT_NONE) eventOf(record, buffer);
            at = next;
          }
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});
