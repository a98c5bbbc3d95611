const FIRST_CAPACITY = 4096;
/** Numbers are stored as differences where these are whole and smaller than this, so that twice of one is exact. */
const MOST_DELTA = 2 ** 51;
/** Seconds are stored as whole numbers of these. */
export const MICROS = 1e6;
/** Bytes of a number carry seven bits each; the eighth says that more follow. */
export const LOW_BITS = 128;

const ENCODER = new TextEncoder();

/** Writes numbers and texts one after the other into one buffer that grows and is used again. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written since the last `clear`; good until the next write. */
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

  /** A whole number from 0 to 2^53, seven bits a byte, the lowest first. */
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

  /** A whole number of either sign, below 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Any number, NaN too, to the last bit; short where it is whole and near `before`. */
  number(value: number, before: number): void {
    this.#difference(value, value, Number.isNaN(before) ? 0 : before);
  }

  /** Any number, NaN too, to the last bit; short where it is seconds to the microsecond, near `before`. */
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

  /** Text to the last bit: UTF-8, or UTF-16 where half of a character stands in it, as where it was cut. */
  text(value: string): void {
    const isWhole = value.isWellFormed();
    const bytes = isWhole ? ENCODER.encode(value) : Buffer.from(value, 'utf16le');
    this.varint(bytes.length * 2 + (isWhole ? 0 : 1));
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** 0, or 1 and then what `write` writes. */
  optional<T>(value: T | null, write: (value: T) => void): void {
    this.byte(value === null ? 0 : 1);
    if (value !== null) write(value);
  }

  /** 0 and the number itself as a float, or 1 more than the difference, its sign in the lowest bit. */
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
