import { RunFileError } from './run-file-error.ts';

/** Collects bytes of a file, up to a limit. */
class CollectedBytes {
  readonly #most: number;
  readonly #tooMany: string;
  #bytes = Buffer.alloc(4096);
  #length = 0;

  /** `tooMany` is the error message for a file with more than `most` of them. */
  constructor(most: number, tooMany: string) {
    this.#most = most;
    this.#tooMany = tooMany;
  }

  /** Throws RunFileError if there are too many bytes. */
  add(bytes: Buffer, from: number, to: number): void {
    const length = this.#length + (to - from);
    if (length > this.#most) throw new RunFileError(this.#tooMany);
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
  }

  clear(): void {
    this.#length = 0;
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  /** The last bytes, at most this many. */
  end(most: number): string {
    return this.#bytes.toString('latin1', Math.max(0, this.#length - most), this.#length);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
/** Replaces a row in the rest of the document. */
const ZERO = Buffer.from('0');
const SPACE = Buffer.from(' ');

/** `{ "units": [ { "processes": [ {`: the containers around a row, itself included. */
const AROUND_ROW = [OPEN_BRACE, OPEN_BRACKET, OPEN_BRACE, OPEN_BRACKET, OPEN_BRACE];
/** The text before a list of rows, without white space except single blanks. */
const ROW_LIST_KEY = /[{,] ?"(?:processes|exited)" ?: ?$/;
const LONGEST_KEY = 20;

/** Maximum depth, far deeper than a run document. */
const MOST_DEPTH = 64;
/** Maximum bytes of a row: a command line of 2 MiB, the kernel's default limit, all of it escaped. */
const MOST_ROW_BYTES = 16 * 1024 * 1024;
/** Maximum bytes without rows; 2,000 units of a pattern take 2 MB. */
const MOST_REST_BYTES = 64 * 1024 * 1024;

/** Called with one row as JSON text, and the index of its unit in the document. */
export type TakeRow = (json: string, unitIndex: number) => void;

/**
 * Cuts rows out of a run document while it is read, so that only one of them is in memory, however many there
 * are. It only finds the bounds of strings and containers; `JSON.parse` checks what it cuts.
 */
export class RowCutter {
  readonly #takeRow: TakeRow;
  readonly #containers: number[] = [];
  readonly #rest = new CollectedBytes(
    MOST_REST_BYTES,
    'it has more data outside its rows than a run document may have',
  );
  readonly #row = new CollectedBytes(MOST_ROW_BYTES, 'a row in it is larger than a process row may be');
  #isInString = false;
  #isEscaped = false;
  #isAfterSpace = false;
  #isInRowList = false;
  #isInRow = false;
  #unitIndex = -1;
  #isDone = false;
  #hasMore = false;

  constructor(takeRow: TakeRow) {
    this.#takeRow = takeRow;
  }

  /** Whether the document is complete: all containers are closed. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether other text follows the document. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** The document as JSON text, with a 0 instead of each row. */
  rest(): string {
    return this.#rest.text();
  }

  /** Takes the next bytes. Throws RunFileError if they cannot be part of a run document. */
  push(bytes: Buffer): void {
    let from = 0;
    for (let at = 0; at < bytes.length && !this.#isDone; at++) {
      const byte = bytes[at]!;
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isInString = false;
      } else if (isSpace(byte)) {
        // Further bytes after the end do not change the result.
        if (!this.#isInRow) {
          this.#keep(bytes, from, at);
          from = at + 1;
          if (!this.#isAfterSpace) this.#rest.add(SPACE, 0, 1);
        }
        this.#isAfterSpace = true;
        continue;
      } else if (byte === QUOTE) this.#isInString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (!this.#isInRow) {
          this.#keep(bytes, from, at);
          from = at;
        }
        this.#open(byte);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        this.#keep(bytes, from, at + 1);
        from = at + 1;
        this.#close();
      }
      this.#isAfterSpace = false;
    }
    if (this.#isDone) this.#hasMore ||= bytes.subarray(from).some((byte) => !isSpace(byte));
    else this.#keep(bytes, from, bytes.length);
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (from < to) (this.#isInRow ? this.#row : this.#rest).add(bytes, from, to);
  }

  /** Called before the byte is kept. */
  #open(byte: number): void {
    this.#containers.push(byte);
    const depth = this.#containers.length;
    if (depth > MOST_DEPTH) throw new RunFileError('it is nested deeper than a run document');
    if (this.#isInRow || depth > AROUND_ROW.length || !this.#isAroundRow()) return;
    if (depth === AROUND_ROW.length - 2) this.#unitIndex++;
    if (depth === AROUND_ROW.length - 1) this.#isInRowList = ROW_LIST_KEY.test(this.#rest.end(LONGEST_KEY));
    if (depth === AROUND_ROW.length) this.#isInRow = this.#isInRowList;
  }

  /** Called after the byte was kept. */
  #close(): void {
    this.#containers.pop();
    const depth = this.#containers.length;
    this.#isDone = depth === 0;
    if (!this.#isInRow || depth >= AROUND_ROW.length) return;
    const json = this.#row.text();
    this.#row.clear();
    this.#isInRow = false;
    this.#rest.add(ZERO, 0, 1);
    this.#takeRow(json, this.#unitIndex);
  }

  #isAroundRow(): boolean {
    return this.#containers.every((container, at) => container === AROUND_ROW[at]);
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
