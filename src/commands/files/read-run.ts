import { closeSync } from 'node:fs';
import type { ComparedRun } from '../../comparison/compared-run.ts';
import { readRunDocument } from '../../comparison/document-reader.ts';
import { RunFileError } from '../../comparison/run-file-error.ts';
import { comparedDocument } from '../../comparison/run-sums.ts';
import { ConfigError } from '../../config/config-error.ts';
import { isOwnDescriptor } from '../../host/files/kind.ts';
import { openToRead, readOn } from '../../host/files/read.ts';
import { isRecordingStart } from '../../recording/chunk.ts';
import { RecordedRun } from '../../recording/recorded-run.ts';
import { ReplayedRun } from '../../recording/replayed-run.ts';
import { printable } from '../../text/printable.ts';
import { whyUnreadable } from './read-recording.ts';

/** Bytes of a run document that are read at a time. */
const PIECE_BYTES = 256 * 1024;

/** Reads a run from a recording or a run document. Throws ConfigError, one sentence that names the file. */
export function readRun(file: string): ComparedRun {
  try {
    return read(file);
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    throw new ConfigError(
      `${printable(file)} cannot be compared: ${why}`,
      {
        option: 'FILE',
        value: file,
        accepted: 'a recording (--record FILE) or a run document (--summary json)',
      },
      error,
    );
  }
}

function read(file: string): ComparedRun {
  const descriptor = openToRead(file);
  try {
    const pieces = piecesOf(descriptor);
    const first = pieces.next();
    if (first.done === true) throw new RunFileError('it is empty');
    if (!isRecordingStart(first.value)) return readRunDocument(file, withFirst(first.value, pieces));
  } finally {
    closeSync(descriptor);
  }
  if (isOwnDescriptor(file)) throw new RunFileError('a recording must be a file, not a pipe');
  return readRecording(file);
}

/** Each chunk is valid until the next one. */
function* piecesOf(descriptor: number): Generator<Buffer> {
  const buffer = Buffer.alloc(PIECE_BYTES);
  for (;;) {
    const length = readOn(descriptor, buffer);
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

function* withFirst(first: Buffer, rest: Iterable<Buffer>): Generator<Buffer> {
  yield first;
  yield* rest;
}

function readRecording(file: string): ComparedRun {
  const run = RecordedRun.open(file);
  const replayed = new ReplayedRun(run);
  for (const _ of replayed.ticks());
  return comparedDocument(file, replayed.document(), run.completeness.missing);
}
