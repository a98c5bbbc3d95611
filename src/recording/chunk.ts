import { crc32 } from 'node:zlib';

/** First line of every recording, followed by the format version. */
export const FORMAT_NAME = 'unitledger.recording/';
/** Version 2 added process events; version 1 can still be read. */
export const FORMAT_VERSION = 2;
const FIRST_FORMAT_VERSION = 1;
export const FIRST_LINE = firstLineOf(FORMAT_VERSION);
/** First lines of all supported versions, of equal length. */
export const FIRST_LINES: readonly string[] = [firstLineOf(FIRST_FORMAT_VERSION), FIRST_LINE];

/** Chunk types. */
export const CHUNK = {
  /** The header, JSON: the first chunk. */
  head: 0x48,
  /** Start of a block of samples: a Zstandard frame. */
  block: 0x42,
  /** Continuation of the block. */
  more: 0x4d,
  /** Data after the last sample, JSON. */
  end: 0x45,
} as const;

/** Type (1 byte), three zeros, length of the payload (4 bytes, little-endian), CRC-32 of everything else (4 bytes). */
export const CHUNK_HEAD_BYTES = 12;
/** Maximum size of a payload. */
export const MOST_CHUNK_BYTES = 16 * 1024 * 1024;
/** Maximum uncompressed size of a block, and of a single sample. */
export const MOST_BLOCK_BYTES = 64 * 1024 * 1024;
export const MOST_SAMPLE_BYTES = 16 * 1024 * 1024;

function firstLineOf(version: number): string {
  return `${FORMAT_NAME}${version}\n`;
}

/** The header of a chunk; its payload follows. */
export function chunkHead(kind: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(CHUNK_HEAD_BYTES);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(payload.length, 4);
  head.writeUInt32LE(checksumOf(head, payload), 8);
  return head;
}

/** Checksum of the first 8 bytes of the header, and the payload. */
export function checksumOf(head: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(head.subarray(0, 8)));
}

/** Whether a file with this start is, or was meant to be, a recording of any version. */
export function isRecordingStart(start: Buffer): boolean {
  return start.toString('latin1', 0, FORMAT_NAME.length) === FORMAT_NAME;
}
