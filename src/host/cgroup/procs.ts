import { ParseError } from '../parse-error.ts';
import { PID_LIMIT, type PidSink } from '../proc/pid-sink.ts';

const FILE = 'cgroup.procs';
/**
 * Maximum size of a kernel's list: every PID, with seven digits and a newline, twice (the kernel may list a PID twice
 * while processes come and go). A longer file is not from the kernel.
 */
export const MOST_PROCS_BYTES = 2 * 8 * PID_LIMIT;

const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;

/**
 * Parses `cgroup.procs` (cgroup-v2.rst, "Core Interface Files"): one PID a line, in any order. The file can be longer
 * than a buffer, so it is fed in chunks that may end anywhere, also within a number.
 */
export class ProcsParser {
  #pid = 0;
  #digits = 0;
  #foreign = 0;

  /** Starts a new file. */
  begin(): void {
    this.#pid = 0;
    this.#digits = 0;
    this.#foreign = 0;
  }

  /**
   * Parses the first `length` bytes of `buffer` and adds each PID with a complete line to `sink`. The kernel may list a
   * PID twice. Throws ParseError only.
   */
  feed(buffer: Uint8Array, length: number, sink: PidSink): void {
    let pid = this.#pid;
    let digits = this.#digits;
    for (let at = 0; at < length; at++) {
      const byte = buffer[at]!;
      if (byte >= ZERO && byte <= NINE) {
        pid = pid * 10 + byte - ZERO;
        digits++;
        if (pid > PID_LIMIT) throw malformed(buffer, length, at);
      } else if (byte === NEWLINE && digits > 0) {
        if (pid === 0) this.#foreign++;
        else sink.push(pid);
        pid = 0;
        digits = 0;
      } else {
        throw malformed(buffer, length, at);
      }
    }
    this.#pid = pid;
    this.#digits = digits;
  }

  /**
   * Ends the file. Returns the number of lines with `0`: processes of a PID namespace that is not visible to the
   * reader. Throws ParseError if the last line is incomplete.
   */
  end(): number {
    if (this.#digits > 0) throw new ParseError(FILE, 'last line', String(this.#pid));
    return this.#foreign;
  }
}

function malformed(buffer: Uint8Array, length: number, at: number): ParseError {
  const from = Math.max(0, at - 16);
  return new ParseError(
    FILE,
    'PID',
    Buffer.from(buffer.subarray(from, Math.min(length, at + 16))).toString('latin1'),
  );
}
