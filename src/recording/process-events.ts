import type { ProcessEvent } from '../host/proc-events/process-event.ts';
import type { ProcessEventBatch } from '../sampling/process-events.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { secondsOf } from './facts.ts';
import { RecordingError } from './recording-error.ts';

/** Writer and reader of the process events of a sample; they are symmetric. */

const KINDS = ['fork', 'exec', 'comm', 'exit'] as const satisfies ProcessEvent['kind'][];
const NANOS = 1e9;
/** Kind, time and PID: limits the count by the size of the file. */
const LEAST_EVENT_BYTES = 3;

export function writeEvents(writer: ByteWriter, { events, lost }: ProcessEventBatch): void {
  writer.varint(lost);
  writer.varint(events.length);
  let before = 0;
  for (const event of events) {
    writer.byte(KINDS.indexOf(event.kind));
    const nanos = nanosOf(event.atSeconds);
    writer.number(nanos, before);
    before = nanos;
    writer.varint(event.pid);
    if (event.kind === 'comm') writer.text(event.name);
    if (event.kind === 'fork' || event.kind === 'exit') writer.varint(event.parentPid);
    if (event.kind !== 'exit') continue;
    writer.optional(event.exitCode, (code) => writer.varint(code));
    writer.optional(event.signal, (signal) => writer.varint(signal));
  }
}

/** Throws RecordingError only. */
export function readEvents(reader: ByteReader): ProcessEventBatch {
  const lost = reader.varint();
  let before = 0;
  const events = reader.list((): ProcessEvent => {
    const kind = KINDS[reader.byte()];
    before = reader.number(before);
    const at = { atSeconds: secondsOf(before / NANOS), pid: reader.varint() };
    if (kind === 'fork') return { kind, ...at, parentPid: reader.varint() };
    if (kind === 'exec') return { kind, ...at };
    if (kind === 'comm') return { kind, ...at, name: reader.text() };
    if (kind !== 'exit') throw new RecordingError('an event in it has an unknown kind');
    const parentPid = reader.varint();
    const exitCode = reader.optional(() => reader.varint());
    return { kind, ...at, exitCode, signal: reader.optional(() => reader.varint()), parentPid };
  }, LEAST_EVENT_BYTES);
  return { events, lost };
}

/** Integer nanoseconds, the source's resolution: times are restored exactly. */
function nanosOf(atSeconds: number): number {
  return Math.round(atSeconds * NANOS);
}
