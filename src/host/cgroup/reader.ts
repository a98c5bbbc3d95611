import { closeKernelFile, inodeOf, openKernelFile, readKernelFile } from '../kernel-file.ts';
import { ParseError } from '../parse-error.ts';
import type { PidSink } from '../proc/pid-sink.ts';
import type { ReadFailure } from '../read-failure.ts';
import { CpuStatFields, parseCpuStat } from './cpu-stat.ts';
import type { CgroupDirectory } from './directory.ts';
import { parseCpuacctUsage, parseDescendantCount } from './number-file.ts';
import { MOST_PROCS_BYTES, ProcsParser } from './procs.ts';

/**
 * A file of a cgroup. A held descriptor is bound to that cgroup and fails with ENODEV after its removal, even if
 * another one has the same name. Without a descriptor (none were left, or a list of v1) the file is opened by path for each
 * read, and compared by its inode.
 */
export interface CgroupFile {
  readonly path: CgroupDirectory;
  /** -1: not held. */
  readonly descriptor: number;
  /** NaN: held, or never opened. */
  inode: number;
}

/** The kernel returns at most a page a read, and every file except `cgroup.procs` fits in one. */
const BUFFER_BYTES = 16_384;

/**
 * A read of `cgroup.procs` stops at the end of a page or of the list, and a line has at most 8 bytes: a shorter result
 * is the end of the list, which saves a second read.
 */
const SURELY_LAST_BYTES = 4096 - 16;

const NOT_HELD = -1;

/** Converts the first bytes of a file in the buffer to a number; reads on if there may be more. */
type Take = (length: number, descriptor: number) => number | ReadFailure;

/** The bytes of a `cgroup.procs` at its last read. */
export class ProcsBytes {
  #bytes = Buffer.alloc(0);
  /** -1: unknown. */
  length = -1;

  /** Whether the first `length` bytes of `buffer` are those at `position`. */
  holds(position: number, buffer: Buffer, length: number): boolean {
    const end = position + length;
    return end <= this.length && this.#bytes.compare(buffer, 0, length, position, end) === 0;
  }

  store(position: number, buffer: Buffer, length: number): void {
    if (position + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.max(position + length, Math.min(2 * position, MOST_PROCS_BYTES)),
      );
      this.#bytes.copy(larger, 0, 0, position);
      this.#bytes = larger;
    }
    buffer.copy(this.#bytes, position, 0, length);
  }

  /** The first `length` bytes. */
  first(length: number): Buffer {
    return this.#bytes.subarray(0, length);
  }
}

/** Reads cgroup files into one buffer, and counts the held descriptors. */
export class CgroupReader {
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #procs = new ProcsParser();
  readonly #cpuStat = new CpuStatFields();
  readonly #mostHeld: number;
  readonly #isV1: boolean;
  #held = 0;
  #wanted = 0;
  #isShort = false;
  #sink: PidSink | undefined;
  #known: ProcsBytes | undefined;
  /** Whether the last `cgroup.procs` was passed on to the sink: it differed from the known one. */
  #isPassedOn = true;
  // Class fields, so that a read creates no closure.
  readonly #takeCpuStat: Take = (length) => {
    parseCpuStat(this.#buffer, length, this.#cpuStat);
    return this.#cpuStat.usageMicros / 1e6;
  };
  readonly #takeCpuacct: Take = (length) => parseCpuacctUsage(this.#buffer, length) / 1e9;
  readonly #takeDescendants: Take = (length) => parseDescendantCount(this.#buffer, length);
  readonly #takeProcs: Take = (first, descriptor) => {
    this.#procs.begin();
    let position = 0;
    let length: number | ReadFailure = first;
    while (typeof length === 'number') {
      this.#procs.feed(this.#buffer, length, this.#sink!);
      if (length < SURELY_LAST_BYTES) return this.#procs.end();
      position += length;
      if (position > MOST_PROCS_BYTES) return 'malformed';
      length = readKernelFile(descriptor, this.#buffer, position);
    }
    return length;
  };
  readonly #takeProcsUnlessSame: Take = (first, descriptor) => {
    const known = this.#known!;
    const before = known.length;
    let position = 0;
    let length: number | ReadFailure = first;
    while (typeof length === 'number') {
      if (!this.#isPassedOn && !known.holds(position, this.#buffer, length)) this.#passOn(known, position);
      if (this.#isPassedOn) {
        this.#procs.feed(this.#buffer, length, this.#sink!);
        known.store(position, this.#buffer, length);
      }
      position += length;
      if (length < SURELY_LAST_BYTES) break;
      if (position > MOST_PROCS_BYTES) return 'malformed';
      length = readKernelFile(descriptor, this.#buffer, position);
    }
    if (typeof length !== 'number') return length;
    if (!this.#isPassedOn && position === before) return 0;
    if (!this.#isPassedOn) this.#passOn(known, position);
    const foreign = this.#procs.end();
    known.length = position;
    return foreign;
  };

  /**
   * `mostHeld`: maximum number of held descriptors; further files are opened for each read. `isV1`: lists of processes
   * are of v1 hierarchies.
   */
  constructor(mostHeld: number, isV1 = false) {
    this.#mostHeld = mostHeld;
    this.#isV1 = isV1;
  }

  /** Opens a file for repeated reads; `close` releases it. */
  open(path: CgroupDirectory): CgroupFile | ReadFailure {
    const descriptor = openKernelFile(path);
    if (typeof descriptor !== 'number' && descriptor !== 'exhausted') return descriptor;
    this.#wanted++;
    if (typeof descriptor === 'number' && this.#held < this.#mostHeld) {
      this.#held++;
      return { path, descriptor, inode: Number.NaN };
    }
    this.#isShort = true;
    return this.#unheld(path, descriptor);
  }

  /**
   * Opens a `cgroup.procs`. Those of v1 are opened for each read: an open descriptor shows the list of its first read until it
   * was not read for a second (`CGROUP_PIDLIST_DESTROY_DELAY` in kernel/cgroup/cgroup-v1.c).
   */
  openProcs(path: CgroupDirectory): CgroupFile | ReadFailure {
    if (!this.#isV1) return this.open(path);
    const descriptor = openKernelFile(path);
    if (typeof descriptor !== 'number' && descriptor !== 'exhausted') return descriptor;
    this.#wanted++;
    return this.#unheld(path, descriptor);
  }

  /** A file to be opened for each read; closes the descriptor with which it was found. */
  #unheld(path: CgroupDirectory, descriptor: number | 'exhausted'): CgroupFile {
    if (descriptor === 'exhausted') return { path, descriptor: NOT_HELD, inode: Number.NaN };
    const inode = inodeOf(descriptor);
    closeKernelFile(descriptor);
    return { path, descriptor: NOT_HELD, inode };
  }

  /** Whether any file is opened for each read because descriptors are short. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Number of open files, held or not. */
  get wanted(): number {
    return this.#wanted;
  }

  close(file: CgroupFile): void {
    this.#wanted--;
    if (file.descriptor === NOT_HELD) return;
    closeKernelFile(file.descriptor);
    this.#held--;
  }

  /**
   * Adds the PIDs of a `cgroup.procs` to `sink` (the kernel may list one twice). Returns the number of processes in PID
   * namespaces that are not visible to the reader, or the failure; PIDs read before a failure are in the sink.
   */
  readProcs(file: CgroupFile, sink: PidSink): number | ReadFailure {
    this.#sink = sink;
    return this.#read(file, this.#takeProcs);
  }

  /**
   * Like `readProcs`, and keeps the bytes in `known`. With `mayBeSame` it returns `same` if they have not changed, and
   * adds nothing.
   */
  readProcsUnlessSame(
    file: CgroupFile,
    sink: PidSink,
    known: ProcsBytes,
    mayBeSame: boolean,
  ): number | 'same' | ReadFailure {
    this.#sink = sink;
    this.#known = known;
    this.#isPassedOn = false;
    if (!mayBeSame || known.length < 0) this.#passOn(known, 0);
    const outcome = this.#read(file, this.#takeProcsUnlessSame);
    if (typeof outcome !== 'number') known.length = -1;
    return typeof outcome === 'number' && !this.#isPassedOn ? 'same' : outcome;
  }

  /** Passes the first bytes on, which did not differ, and those that follow. */
  #passOn(known: ProcsBytes, position: number): void {
    this.#isPassedOn = true;
    known.length = -1;
    this.#procs.begin();
    if (position > 0) this.#procs.feed(known.first(position), position, this.#sink!);
  }

  /** Whether a `cgroup.procs` lists any process, also of a PID namespace that is not visible to the reader. */
  listsAny(file: CgroupFile): boolean {
    const length = this.#read(file, (bytes) => bytes);
    return typeof length === 'number' && length > 0;
  }

  /** CPU seconds from a v2 `cpu.stat`. */
  readCpuStatSeconds(file: CgroupFile): number | ReadFailure {
    return this.#read(file, this.#takeCpuStat);
  }

  /** CPU seconds from a v1 `cpuacct.usage`. */
  readCpuacctSeconds(file: CgroupFile): number | ReadFailure {
    return this.#read(file, this.#takeCpuacct);
  }

  /** Number of live descendants, from `cgroup.stat`. */
  readDescendantCount(file: CgroupFile): number | ReadFailure {
    return this.#read(file, this.#takeDescendants);
  }

  #read(file: CgroupFile, take: Take): number | ReadFailure {
    const descriptor = file.descriptor === NOT_HELD ? openKernelFile(file.path) : file.descriptor;
    if (typeof descriptor !== 'number') return descriptor;
    try {
      if (file.descriptor === NOT_HELD && !isSame(file, descriptor)) return 'gone';
      const length = readKernelFile(descriptor, this.#buffer);
      return typeof length === 'number' ? take(length, descriptor) : length;
    } catch (error) {
      if (error instanceof ParseError) return 'malformed';
      throw error;
    } finally {
      if (file.descriptor === NOT_HELD) closeKernelFile(descriptor);
    }
  }
}

/** Whether a file opened by path is the one that was opened first: its cgroup may have been replaced. */
function isSame(file: CgroupFile, descriptor: number): boolean {
  const inode = inodeOf(descriptor);
  if (Number.isNaN(file.inode)) file.inode = inode;
  return inode === file.inode;
}
