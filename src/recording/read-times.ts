import type { ReadTimes } from '../sampling/read-times.ts';
import type { Sample } from '../sampling/sample.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { RecordingError } from './recording-error.ts';
import { MOST_SLOTS, MOST_UNITS } from './sections.ts';

/** At most two for each row or instance. */
const MOST_STAMPS = 2 * (MOST_SLOTS + MOST_UNITS);

/**
 * Writes the stamps of a sample that its readings refer to, each as the difference to the previous one; all others as
 * 0, which compresses to nothing.
 */
export function writeReadTimes(writer: ByteWriter, sample: Sample, { micros, count }: ReadTimes): void {
  const isNeeded = neededStamps(sample, count);
  writer.varint(count);
  let before = 0;
  for (let stamp = 1; stamp < count; stamp++) {
    const difference = isNeeded[stamp] === 1 ? micros[stamp]! - before : 0;
    writer.varint(difference);
    before += difference;
  }
  for (const { stamp = 0 } of sample.instances) writer.varint(stamp);
}

/** Reads the times, and the stamp number of each instance. */
export function readReadTimes(
  reader: ByteReader,
  instances: number,
): { readonly readTimes: ReadTimes; readonly stamps: readonly number[] } {
  const count = reader.varint();
  if (!(count >= 1 && count <= MOST_STAMPS && count - 1 <= reader.left))
    throw new RecordingError('a sample in it has more readings than possible');
  const micros = new Float64Array(count);
  for (let stamp = 1; stamp < count; stamp++) micros[stamp] = micros[stamp - 1]! + reader.varint();
  const stamps = Array.from({ length: instances }, () => reader.varint());
  return { readTimes: { micros, count }, stamps };
}

function neededStamps({ rows, slots, count: rowCount, instances }: Sample, count: number): Uint8Array {
  const isNeeded = new Uint8Array(count + 1);
  const need = (stamp: number) => {
    if (stamp === 0 || stamp >= count) return;
    isNeeded[stamp] = 1;
    isNeeded[stamp + 1] = 1;
  };
  need(1);
  need(count - 1);
  for (let i = 0; i < rowCount; i++) need(rows.stamp[slots[i]!]!);
  for (const { stamp = 0 } of instances) need(stamp);
  return isNeeded;
}
