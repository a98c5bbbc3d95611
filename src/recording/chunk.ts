import { crc32 } from 'node:zlib';

/** The first line of every recording. The number is the version of the format. */
export const FORMAT_NAME = 'unitledger.recording/';
/** Version 2 added process events; version 1 is read as before. */
export const FORMAT_VERSION = 2;
const FIRST_FORMAT_VERSION = 1;
export const FIRST_LINE = firstLineOf(FORMAT_VERSION);
/** Of all versions that are read, each as long as any other. */
export const FIRST_LINES: readonly string[] = [firstLineOf(FIRST_FORMAT_VERSION), FIRST_LINE];

/** What a chunk holds. */
export const CHUNK = {
  /** The head, JSON: the first chunk. */
  head: 0x48,
  /** The beginning of a block of samples: a Zstandard frame. */
  block: 0x42,
  /** More of the block. */
  more: 0x4d,
  /** What there is to say after the last sample, JSON. */
  end: 0x45,
} as const;

/** Kind (1 byte), three zeros, length of the payload (4 bytes, the lowest first), CRC-32 of all the rest (4 bytes). */
export const CHUNK_HEAD_BYTES = 12;
/** No payload is larger. */
export const MOST_CHUNK_BYTES = 16 * 1024 * 1024;
/** Samples of a block, before they are compressed; and of a single one. */
export const MOST_BLOCK_BYTES = 64 * 1024 * 1024;
export const MOST_SAMPLE_BYTES = 16 * 1024 * 1024;

function firstLineOf(version: number): string {
  return `${FORMAT_NAME}${version}\n`;
}

/** A chunk's head, to be followed by its payload. */
export function chunkHead(kind: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(CHUNK_HEAD_BYTES);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(payload.length, 4);
  head.writeUInt32LE(checksumOf(head, payload), 8);
  return head;
}

/** Of the first 8 bytes of the head, and the payload. */
export function checksumOf(head: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(head.subarray(0, 8)));
}

/** Whether a file that begins so is, or was meant to be, a recording, of whatever version. */
export function isRecordingStart(start: Buffer): boolean {
  return start.toString('latin1', 0, FORMAT_NAME.length) === FORMAT_NAME;
}
