import { LOW_BITS, MICROS } from './byte-writer.ts';
import { RecordingError } from './recording-error.ts';

const UTF_8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads the output of `ByteWriter`. Throws RecordingError only, if data is missing or invalid. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw endedEarly();
    return this.#bytes[this.#at++]!;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= LOW_BITS) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new RecordingError('a number in it is too large');
      if (byte < LOW_BITS) return value;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  float64(): number {
    if (this.left < 8) throw endedEarly();
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  number(before: number): number {
    const code = this.varint();
    if (code === 0) return this.float64();
    return (Number.isNaN(before) ? 0 : before) + differenceOf(code);
  }

  real(before = 0): number {
    const code = this.varint();
    if (code === 0) return this.float64();
    const known = Math.round(before * MICROS);
    return ((Number.isFinite(known) ? known : 0) + differenceOf(code)) / MICROS;
  }

  text(): string {
    const code = this.varint();
    const bytes = this.take(Math.floor(code / 2));
    return code % 2 === 0 ? UTF_8.decode(bytes) : Buffer.from(bytes).toString('utf16le');
  }

  /** The next `length` bytes, without copying. */
  take(length: number): Uint8Array {
    if (length > this.left) throw endedEarly();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  optional<T>(read: () => T): T | null {
    return this.flag() ? read() : null;
  }

  flag(): boolean {
    const byte = this.byte();
    if (byte > 1) throw new RecordingError('a flag in it is neither 0 nor 1');
    return byte === 1;
  }

  /** Number of elements that follow, each of at least `bytes` bytes: no list can be longer than the file. */
  count(bytes = 1): number {
    const count = this.varint();
    if (count * bytes > this.left) throw endedEarly();
    return count;
  }

  list<T>(read: (index: number) => T, bytes = 1): T[] {
    return Array.from({ length: this.count(bytes) }, (_, index) => read(index));
  }
}

function differenceOf(code: number): number {
  return code % 2 === 0 ? -code / 2 : (code - 1) / 2;
}

function endedEarly(): RecordingError {
  return new RecordingError('a sample in it ends early');
}
