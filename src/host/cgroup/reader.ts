import { closeKernelFile, openKernelFile, readKernelFile } from '../kernel-file.ts';
import { ParseError } from '../parse-error.ts';
import type { PidSink } from '../proc/pid-sink.ts';
import type { ReadFailure } from '../read-failure.ts';
import { CpuStatFields, parseCpuStat } from './cpu-stat.ts';
import type { CgroupDirectory } from './directory.ts';
import { parseCpuacctUsage, parseDescendantCount } from './number-file.ts';
import { MOST_PROCS_BYTES, ProcsParser } from './procs.ts';

/**
 * A file of a cgroup. A held descriptor is bound to that cgroup and fails with ENODEV once it was removed, even if
 * there is another one of the same name; without one (none were left) the file is opened by its path each time.
 */
export interface CgroupFile {
  readonly path: CgroupDirectory;
  /** -1: not held. */
  readonly descriptor: number;
}

/** The kernel gives a page at a time, whatever is asked for, and every file but `cgroup.procs` fits in one. */
const BUFFER_BYTES = 16_384;

/**
 * A read of `cgroup.procs` stops at the end of a page or of the list, and a PID's line has at most 8 bytes: what is
 * shorter than this was the end of the list, so no second read has to find that out.
 */
const SURELY_LAST_BYTES = 4096 - 16;

const NOT_HELD = -1;

/** Makes a number of the first bytes of a file, which stand in the buffer; reads on if there may be more. */
type Take = (length: number, descriptor: number) => number | ReadFailure;

/** Reads the files of cgroups into one buffer, and keeps count of the descriptors that are held on them. */
export class CgroupReader {
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #procs = new ProcsParser();
  readonly #cpuStat = new CpuStatFields();
  readonly #mostHeld: number;
  #held = 0;
  #wanted = 0;
  #isShort = false;
  #sink: PidSink | undefined;
  // Kept, so that a read makes no closure.
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

  /** `mostHeld`: descriptors that may be held; files beyond that are opened for each read. */
  constructor(mostHeld: number) {
    this.#mostHeld = mostHeld;
  }

  /** Opens a file to be read again and again; `close` lets go of it. */
  open(path: CgroupDirectory): CgroupFile | ReadFailure {
    const descriptor = openKernelFile(path);
    if (typeof descriptor !== 'number' && descriptor !== 'exhausted') return descriptor;
    this.#wanted++;
    if (typeof descriptor === 'number' && this.#held < this.#mostHeld) {
      this.#held++;
      return { path, descriptor };
    }
    this.#isShort = true;
    if (typeof descriptor === 'number') closeKernelFile(descriptor);
    return { path, descriptor: NOT_HELD };
  }

  /** Whether some file is opened for each read, for lack of descriptors to hold. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** Files that are open, held or not. */
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
   * Puts the PIDs of a `cgroup.procs` into `sink` (the kernel may list one twice). Returns how many more there are of
   * PID namespaces that the reader does not see, or the failure; what was read before it is in the sink then.
   */
  readProcs(file: CgroupFile, sink: PidSink): number | ReadFailure {
    this.#sink = sink;
    return this.#read(file, this.#takeProcs);
  }

  /** CPU seconds by a v2 `cpu.stat`. */
  readCpuStatSeconds(file: CgroupFile): number | ReadFailure {
    return this.#read(file, this.#takeCpuStat);
  }

  /** CPU seconds by a v1 `cpuacct.usage`. */
  readCpuacctSeconds(file: CgroupFile): number | ReadFailure {
    return this.#read(file, this.#takeCpuacct);
  }

  /** Number of live cgroups below one, by its `cgroup.stat`. */
  readDescendantCount(file: CgroupFile): number | ReadFailure {
    return this.#read(file, this.#takeDescendants);
  }

  #read(file: CgroupFile, take: Take): number | ReadFailure {
    const descriptor = file.descriptor === NOT_HELD ? openKernelFile(file.path) : file.descriptor;
    if (typeof descriptor !== 'number') return descriptor;
    try {
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
