const FIRST_CAPACITY = 4096;
/** Integer differences below this are stored as such, so that twice a difference is exact. */
const MOST_DELTA = 2 ** 51;
/** Seconds are stored as integers of this unit. */
export const MICROS = 1e6;
/** Each byte of a number has seven bits; the eighth means that more bytes follow. */
export const LOW_BITS = 128;

const ENCODER = new TextEncoder();

/** Writes numbers and texts to one growing buffer that is reused. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes since the last `clear`; valid until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An integer from 0 to 2^53, seven bits a byte, lowest first. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= LOW_BITS) {
      const high = Math.floor(rest / LOW_BITS);
      this.#bytes[this.#length++] = rest - high * LOW_BITS + LOW_BITS;
      rest = high;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A signed integer, below 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Any number, NaN included, exactly; short if it is an integer near `before`. */
  number(value: number, before: number): void {
    this.#difference(value, value, Number.isNaN(before) ? 0 : before);
  }

  /** Any number, NaN included, exactly; short if it is a number of microseconds near `before` (both in seconds). */
  real(value: number, before = 0): void {
    const micros = Math.round(value * MICROS);
    const known = Math.round(before * MICROS);
    if (Object.is(micros / MICROS, value))
      this.#difference(micros, value, Number.isFinite(known) ? known : 0);
    else {
      this.varint(0);
      this.float64(value);
    }
  }

  /** Any text, exactly: UTF-8, or UTF-16 if it contains lone surrogates, for example after truncation. */
  text(value: string): void {
    const isWhole = value.isWellFormed();
    const bytes = isWhole ? ENCODER.encode(value) : Buffer.from(value, 'utf16le');
    this.varint(bytes.length * 2 + (isWhole ? 0 : 1));
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** 0, or 1 followed by the output of `write`. */
  optional<T>(value: T | null, write: (value: T) => void): void {
    this.byte(value === null ? 0 : 1);
    if (value !== null) write(value);
  }

  /** 0 and the number as a float, or 1 plus the difference with its sign in the lowest bit. */
  #difference(scaled: number, value: number, before: number): void {
    const delta = scaled - before;
    if (Number.isInteger(delta) && Math.abs(delta) < MOST_DELTA && Object.is(before + delta, scaled)) {
      this.varint(delta < 0 ? -2 * delta : 2 * delta + 1);
      return;
    }
    this.varint(0);
    this.float64(value);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.written);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
