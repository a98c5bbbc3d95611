import { crc32 } from 'node:zlib';
import type { EncodingName } from '../otlp-encoding.ts';
import type { SignalName } from '../signal.ts';

/** Properties of a window in its file name, so that no index can disagree with the files. */
export interface StoredWindow {
  /** Order of creation, over all runs. */
  readonly sequence: number;
  readonly madeAtUnixMillis: number;
  /** Number of wire bytes: further bytes in the file are ignored, with fewer it is incomplete. */
  readonly bytes: number;
  readonly crc32: number;
  readonly encoding: EncodingName;
  readonly signal: SignalName;
}

const EXTENSIONS: Readonly<Record<EncodingName, string>> = { json: 'json', protobuf: 'pb' };
const NAME =
  /^(\d{12})_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_(\d+)_([0-9a-f]{8})(\.traces)?\.(json|pb)$/;

/** Properties for the file name of a new window. */
export function storedWindow(
  body: Uint8Array,
  about: Pick<StoredWindow, 'sequence' | 'madeAtUnixMillis' | 'encoding'> & { readonly signal?: SignalName },
): StoredWindow {
  return { ...about, signal: about.signal ?? 'metrics', bytes: body.length, crc32: crc32(body) };
}

/**
 * `000000000042_20261124T034708123Z_120342_3f2a9c11.json`, or `….traces.json` for spans: names sort by
 * age.
 */
export function fileNameOf(window: StoredWindow): string {
  const { sequence, madeAtUnixMillis, bytes, crc32, encoding, signal } = window;
  const time = new Date(madeAtUnixMillis).toISOString().replace(/[-:.]/g, '');
  const sum = crc32.toString(16).padStart(8, '0');
  const extension = `${signal === 'traces' ? 'traces.' : ''}${EXTENSIONS[encoding]}`;
  return `${String(sequence).padStart(12, '0')}_${time}_${bytes}_${sum}.${extension}`;
}

/** Parses the name of a file; null if it is no window. */
export function windowOfFileName(name: string): StoredWindow | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const [, sequence, year, month, day, hour, minute, second, millis, bytes, sum, traces, extension] = match;
  const madeAtUnixMillis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
  if (Number.isNaN(madeAtUnixMillis)) return null;
  return {
    sequence: Number(sequence),
    madeAtUnixMillis,
    bytes: Number(bytes),
    crc32: Number.parseInt(sum!, 16),
    encoding: extension === 'pb' ? 'protobuf' : 'json',
    signal: traces === undefined ? 'metrics' : 'traces',
  };
}

/** Content of a file: the wire bytes, and in JSON the end of the line. */
export function fileContent(body: Uint8Array, encoding: EncodingName): readonly Uint8Array[] {
  return encoding === 'json' ? [body, END_OF_LINE] : [body];
}

const END_OF_LINE = new Uint8Array([0x0a]);

/** The wire bytes of a window from its file; null if they are incomplete or damaged. */
export function bodyInFile(content: Uint8Array, window: StoredWindow): Uint8Array | null {
  const body = content.subarray(0, window.bytes);
  return body.length === window.bytes && crc32(body) === window.crc32 ? body : null;
}
