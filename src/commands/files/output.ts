import { Socket } from 'node:net';
import { writeAll, writeWhole } from '../../host/files/write.ts';
import { chunksOf } from '../../text/chunks.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import { printable } from '../../text/printable.ts';

/** Output that could not be written. The message is one sentence. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/**
 * Resolves when `text` was written: true, or false if the reader closed the pipe (`| head`), which is no error. Throws
 * OutputError.
 */
export async function written(stream: NodeJS.WriteStream, text: string): Promise<boolean> {
  try {
    await writeOut(stream, text);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return false;
    const why = whyFileFails(error, 'written');
    if (why === null) throw error;
    throw new OutputError(`standard output ${why}`, { cause: error });
  }
}

/** Like `written`, for a text whose parts are made while it is written, chunk by chunk. */
export async function writtenParts(stream: NodeJS.WriteStream, parts: Iterable<string>): Promise<boolean> {
  for (const chunk of chunksOf(parts)) if (!(await written(stream, chunk))) return false;
  return true;
}

/** Writes a whole file, which `option` names; `mode` is undefined for the usual permissions. Throws OutputError. */
export function writeFile(
  option: string,
  path: string,
  content: Parameters<typeof writeWhole>[1],
  mode: number | undefined,
): void {
  try {
    writeWhole(path, content, mode);
  } catch (error) {
    const why = whyFileFails(error, 'written');
    if (why === null) throw error;
    throw new OutputError(`${option} ${printable(path)} ${why}`, { cause: error });
  }
}

/** Resolves when everything written to `stream` so far was passed on, or its reader closed it. */
export function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => void stream.write('', () => resolve()));
}

/** Drops later output to a terminal: nobody reads it any more, and Node's writes to terminals block. */
export function dropOutput(stream: NodeJS.WriteStream): void {
  stream.write = ((_text: unknown, encoding?: unknown, callback?: unknown) => {
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  }) as typeof stream.write;
}

function writeOut(stream: NodeJS.WriteStream & { readonly fd?: number }, text: string): Promise<void> {
  // Node's file stream drops data without an error when the disk is full.
  const { fd } = stream;
  if (!((stream as unknown) instanceof Socket) && typeof fd === 'number') {
    writeAll(fd, Buffer.from(text));
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
