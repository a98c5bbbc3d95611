/** Wire types of the protocol buffers encoding. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;
/** Shorter text is written character by character: two calls of Node cost more. Its length is one byte. */
const SHORT_TEXT = 64;
const MOST_ASCII = 0x7f;
/** Room of the smallest writer. */
export const LEAST_BYTES = 64 * 1024;
/** Larger memory grows by a quarter, smaller memory is doubled. */
const LARGE_BYTES = 1024 * 1024;
const TWO_TO_32 = 2 ** 32;

/**
 * Writes messages in the protocol buffers encoding. Scalars with value 0 are written as well, because a present field and
 * an absent one differ if the field is optional.
 */
export class ProtobufWriter {
  #bytes: Buffer;
  /** The same bytes: V8 compiles its methods to single instructions. */
  #view: DataView;
  #at = 0;

  /** `room`: memory for the message, as far as it is sufficient. */
  constructor(room: Uint8Array) {
    this.#bytes = Buffer.from(room.buffer, room.byteOffset, room.length);
    this.#view = viewOf(this.#bytes);
  }

  /** The written bytes, as a view of the writer's buffer. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** A message, or packed numbers, written by `write`. */
  message(field: number, write: () => void): void {
    const start = this.begin(field);
    write();
    this.end(start);
  }

  /** Begins a message; `end` takes the result. */
  begin(field: number): number {
    this.#tag(field, LENGTH);
    // Most messages are shorter than 128 bytes; longer ones are moved to make room for their length.
    this.#room(1);
    return this.#at++;
  }

  /** Ends the message that began last and has not ended. */
  end(start: number): void {
    const length = this.#at - start - 1;
    const more = varintBytes(length) - 1;
    if (more > 0) {
      this.#room(more);
      this.#bytes.copyWithin(start + 1 + more, start + 1, this.#at);
    }
    this.#at = start;
    this.#varint(length);
    this.#at += length;
  }

  /** Begins a message whose length is known. */
  head(field: number, length: number): void {
    this.#tag(field, LENGTH);
    this.#varint(length);
  }

  /** Bytes that `written` returned. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Runs `write`, and returns a copy of the bytes that it wrote. */
  written(write: () => void): Uint8Array {
    const from = this.#at;
    write();
    // Small copies share a pool.
    return Buffer.from(this.#bytes.subarray(from, this.#at));
  }

  /**
   * Runs `write`, and returns the bytes that it wrote, which are not part of the message, as a string of Latin-1: a buffer
   * would take 200 bytes more.
   */
  apart(write: () => void): string {
    const from = this.#at;
    write();
    const bytes = this.#bytes.toString('latin1', from, this.#at);
    this.#at = from;
    return bytes;
  }

  /** Bytes that `apart` returned. */
  rawText(bytes: string): void {
    this.#room(bytes.length);
    this.#at += this.#bytes.write(bytes, this.#at, 'latin1');
  }

  string(field: number, text: string): void {
    this.#tag(field, LENGTH);
    if (text.length < SHORT_TEXT && this.#ascii(text)) return;
    const length = Buffer.byteLength(text);
    this.#varint(length);
    this.#room(length);
    this.#at += this.#bytes.write(text, this.#at, length, 'utf8');
  }

  /** Bytes from hexadecimal digits. */
  hex(field: number, digits: string): void {
    const length = digits.length / 2;
    this.head(field, length);
    this.#room(length);
    this.#at += this.#bytes.write(digits, this.#at, length, 'hex');
  }

  /** An unsigned number, or an `int64` that may be negative. */
  varint(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  /** A `sint32`. */
  zigzag(field: number, value: number): void {
    this.varint(field, ((value << 1) ^ (value >> 31)) >>> 0);
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64);
    this.bareDouble(value);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32);
    this.#room(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** A `fixed64` or `sfixed64`. */
  fixed64(field: number, value: number): void {
    this.#tag(field, FIXED64);
    this.bareFixed64(value);
  }

  /** A `fixed64` of a time in nanoseconds, which a number could not hold. */
  nanoseconds(field: number, [seconds, nanoseconds]: readonly [number, number]): void {
    this.#time(field, seconds, nanoseconds);
  }

  /** The same of a time in milliseconds since the epoch, like `hrTimeOf`. */
  unixMillis(field: number, unixMillis: number): void {
    const seconds = Math.floor(unixMillis / 1000);
    const nanoseconds = Math.round((unixMillis - seconds * 1000) * 1e6);
    if (nanoseconds < 1e9) this.#time(field, seconds, nanoseconds);
    else this.#time(field, seconds + 1, 0);
  }

  #time(field: number, seconds: number, nanoseconds: number): void {
    this.#tag(field, FIXED64);
    this.#room(8);
    // 1e9 is 2^9 times an odd number that seconds below 2^32 can be multiplied with exactly, half by half. V8 calls a
    // function for the remainder of two such numbers, so remainders are subtracted.
    const upper = Math.floor(seconds / 65_536);
    const low = (seconds - upper * 65_536) * 1e9 + nanoseconds;
    const high = upper * 1e9;
    const middle = Math.floor(high / 65_536);
    const sumLow = low + (high - middle * 65_536) * 65_536;
    const carry = Math.floor(sumLow / TWO_TO_32);
    this.#view.setUint32(this.#at, sumLow - carry * TWO_TO_32, true);
    this.#view.setUint32(this.#at + 4, middle + carry, true);
    this.#at += 8;
  }

  /** One of packed numbers. */
  bareDouble(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** One of packed numbers. */
  bareFixed64(value: number): void {
    this.#room(8);
    const low = ((value % TWO_TO_32) + TWO_TO_32) % TWO_TO_32;
    this.#view.setUint32(this.#at, low, true);
    this.#view.setInt32(this.#at + 4, Math.floor(value / TWO_TO_32), true);
    this.#at += 8;
  }

  /** One of packed numbers. */
  bareVarint(value: number): void {
    this.#varint(value);
  }

  /** Length and bytes of a short text; false, with nothing written, if a character is not ASCII. */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#room(1 + length);
    const start = this.#at;
    this.#bytes[start] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > MOST_ASCII) return false;
      this.#bytes[start + 1 + i] = code;
    }
    this.#at = start + 1 + length;
    return true;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    this.#room(10);
    if (value >= 0 && value < 128) {
      this.#bytes[this.#at++] = value;
      return;
    }
    if (value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
      this.#bytes[this.#at++] = Number(rest);
      return;
    }
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const { length } = this.#bytes;
    const larger = Buffer.allocUnsafeSlow(
      Math.max(needed, Math.ceil(length * (length < LARGE_BYTES ? 2 : 1.25))),
    );
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
