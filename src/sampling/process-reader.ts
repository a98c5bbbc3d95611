import type { Host } from '../host/host.ts';
import { closeKernelFile, openKernelFile, readKernelFile, readKernelFileOnce } from '../host/kernel-file.ts';
import { ParseError } from '../host/parse-error.ts';
import { IoFields, parseIo } from '../host/proc/io.ts';
import { isLeaderless, isReaped, parseStat, StatFields } from '../host/proc/stat.ts';
import { parseStatm, StatmFields } from '../host/proc/statm.ts';
import type { ReadFailure } from '../host/read-failure.ts';
import type { ProcessNames } from './choices.ts';
import { DescriptorBudget } from './descriptor-budget.ts';
import { readLeaderlessStatm } from './leaderless.ts';
import { NameReader } from './name-reader.ts';
import type { KernelFileKind, ReadProblems } from './read-problems.ts';
import { type TrackedProcess, UNHELD } from './tracked-process.ts';

export interface ProcessReaderOptions {
  readonly showCommandLine: boolean;
  /** Default: `comm`. */
  readonly names?: ProcessNames;
  /** Maximum number of held descriptors; default: half of RLIMIT_NOFILE. */
  readonly descriptors?: number;
}

/** Longer than any of the files read into it. */
const BUFFER_BYTES = 4096;

/**
 * Reads kernel files of processes through held descriptors into one buffer. Methods return 'read', with the values in
 * `stat`, `io` or `statm` until the next call, or the reason of a failure.
 */
export class ProcessReader {
  readonly stat = new StatFields();
  readonly io = new IoFields();
  readonly statm = new StatmFields();
  readonly #host: Host;
  readonly #problems: ReadProblems;
  readonly #budget: DescriptorBudget;
  readonly #names: NameReader;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #mayHoldMore = true;
  /** Counter files that were opened for a single read since one was last held. */
  #missing = 0;
  /** Class fields, so that parsing needs no closure for each call. */
  readonly #parseStat = (length: number) => parseStat(this.#buffer, length, this.stat);
  readonly #parseIo = (length: number) => parseIo(this.#buffer, length, this.io);
  readonly #parseStatm = (length: number) => parseStatm(this.#buffer, length, this.statm);

  constructor(host: Host, problems: ReadProblems, options: ProcessReaderOptions) {
    this.#host = host;
    this.#problems = problems;
    this.#budget = new DescriptorBudget(options.descriptors ?? Math.floor(host.descriptorLimit / 2));
    this.#names = new NameReader(host.procRoot, options.showCommandLine, options.names ?? 'comm');
  }

  /**
   * Opens and reads `stat` of a PID for the first time. The caller passes the descriptor (`UNHELD` if many are held) to
   * a new row, or returns it by `letGo`.
   */
  open(pid: number): { descriptor: number } | ReadFailure {
    const path = this.#path(pid, 'stat');
    if (!this.#budget.mayHoldResting) {
      const outcome = this.#parsed('stat', pid, readKernelFileOnce(path, this.#buffer), this.#parseStat);
      return outcome === 'read' ? { descriptor: UNHELD } : outcome;
    }
    const descriptor = openKernelFile(path);
    if (typeof descriptor !== 'number') {
      this.#problems.count('stat', descriptor, pid);
      return descriptor;
    }
    this.#budget.took();
    const outcome = this.#parsed('stat', pid, readKernelFile(descriptor, this.#buffer), this.#parseStat);
    if (outcome === 'read') return { descriptor };
    this.letGo(descriptor);
    return outcome;
  }

  /**
   * Reads `stat` of a row. Returns `gone` also if the PID now belongs to another process. If many descriptors are held,
   * `stat` is held only once the process has run.
   */
  readStat(row: TrackedProcess): 'read' | ReadFailure {
    const { startTicks } = row;
    if (row.statDescriptor !== UNHELD)
      return this.#readHeld(row, 'stat', row.statDescriptor, this.#parseStat);
    row.statDescriptor = this.#hold(row, UNHELD, 'stat');
    const outcome = this.#readHeld(row, 'stat', row.statDescriptor, this.#parseStat);
    if (outcome !== 'read' || this.stat.startTicks === startTicks) return outcome;
    this.letGo(row.statDescriptor);
    row.statDescriptor = UNHELD;
    return 'gone';
  }

  /** Whether files of any process are opened for each read because descriptors are short. */
  get isShortOfDescriptors(): boolean {
    return this.#budget.isShort;
  }

  /** Updates the names from `stat` as last read; returns whether any name changed (`NameReader`). */
  refreshNames(row: TrackedProcess, slow: boolean): boolean {
    return this.#names.refresh(row, this.stat, this.#buffer, slow);
  }

  /** Updates the names after the process has executed another program; returns whether any name changed. */
  refreshProgram(row: TrackedProcess): boolean {
    return this.#names.refreshProgram(row);
  }

  /** Updates from `stat` as last read whether the process runs on without its leader. */
  noteLeader(row: TrackedProcess): void {
    const isNowLeaderless = isLeaderless(this.stat);
    if (row.isLeaderless === isNowLeaderless) return;
    row.isLeaderless = isNowLeaderless;
    row.livingThread = 0;
    // This descriptor is the leader's, whose memory is gone.
    this.letGo(row.statmDescriptor);
    row.statmDescriptor = UNHELD;
    row.holdsOnlyCounters = false;
    if (isNowLeaderless) readLeaderlessStatm(this.#host.procRoot, row, this.statm);
  }

  readStatm(row: TrackedProcess): 'read' | ReadFailure {
    if (row.isLeaderless) return readLeaderlessStatm(this.#host.procRoot, row, this.statm);
    row.statmDescriptor = this.#holdCounter(row, row.statmDescriptor, 'statm');
    return this.#readHeld(row, 'statm', row.statmDescriptor, this.#parseStatm);
  }

  readIo(row: TrackedProcess): 'read' | ReadFailure {
    row.ioDescriptor = this.#holdCounter(row, row.ioDescriptor, 'io');
    if (this.#missing > 0) this.#giveUpStat(row);
    const outcome = this.#readHeld(row, 'io', row.ioDescriptor, this.#parseIo);
    row.ioRefused = outcome === 'denied';
    if (row.ioRefused) {
      // A set-uid exec revokes access through descriptors that were opened before it; a new descriptor may be readable.
      this.letGo(row.ioDescriptor);
      row.ioDescriptor = UNHELD;
      row.holdsOnlyCounters = false;
    }
    return outcome;
  }

  /** From now on, files without a held descriptor are opened for a single read: nothing is read after the last sample. */
  holdNoMore(): void {
    this.#mayHoldMore = false;
  }

  /** Whether the PID is unitledger's own, in the `/proc` that it reads. */
  isSelf(pid: number): boolean {
    return pid === this.#host.ownPid;
  }

  /** Closes descriptors that are not worth holding for a process that is idle for long. */
  closeResting(row: TrackedProcess): void {
    this.closeCounters(row);
    if (this.#budget.mayHoldResting) return;
    this.close(row);
    row.hasRun = false;
  }

  /** Closes all descriptors except `stat`. */
  closeCounters(row: TrackedProcess): void {
    this.letGo(row.statmDescriptor);
    this.letGo(row.ioDescriptor);
    row.statmDescriptor = UNHELD;
    row.ioDescriptor = UNHELD;
    row.holdsOnlyCounters = false;
  }

  close(row: TrackedProcess): void {
    this.closeCounters(row);
    this.letGo(row.statDescriptor);
    row.statDescriptor = UNHELD;
  }

  letGo(descriptor: number): void {
    if (descriptor === UNHELD) return;
    closeKernelFile(descriptor);
    this.#budget.gaveBack();
  }

  #path(pid: number, file: 'stat' | 'statm' | 'io'): string {
    return `${this.#host.procRoot}/${pid}/${file}`;
  }

  /**
   * Holds `statm` or `io`. If descriptors are short, the descriptor of `stat` is used for it while the process is one of those
   * whose `stat` is read in every twentieth tick only: the other files identify the process as well.
   */
  #holdCounter(row: TrackedProcess, held: number, file: 'statm' | 'io'): number {
    if (held !== UNHELD || !row.hasRun || !this.#mayHoldMore) return held;
    if (!row.holdsOnlyCounters && row.activity.isQuiet && !this.#budget.mayHoldCounter) {
      this.#letGoOfStat(row);
    }
    return this.#hold(row, held, file);
  }

  /** Leaves the descriptor of `stat` to a counter file of another row, if this row holds all three. */
  #giveUpStat(row: TrackedProcess): void {
    if (row.statDescriptor === UNHELD || row.statmDescriptor === UNHELD || row.ioDescriptor === UNHELD)
      return;
    if (!row.activity.isQuiet) return;
    this.#letGoOfStat(row);
    this.#missing--;
  }

  #letGoOfStat(row: TrackedProcess): void {
    this.letGo(row.statDescriptor);
    row.statDescriptor = UNHELD;
    row.holdsOnlyCounters = true;
  }

  #hold(row: TrackedProcess, held: number, file: 'stat' | 'statm' | 'io'): number {
    if (held !== UNHELD || !row.hasRun || !this.#mayHoldMore) return held;
    if (file === 'stat' && row.holdsOnlyCounters) {
      if (!this.#budget.mayHoldCounter) return UNHELD;
      row.holdsOnlyCounters = false;
    }
    const isFirst = file === 'stat' || row.holdsOnlyCounters;
    if (!(isFirst ? this.#budget.mayHoldIdentity : this.#budget.mayHoldCounter)) {
      if (row.holdsOnlyCounters) this.#missing++;
      return UNHELD;
    }
    if (row.holdsOnlyCounters) this.#missing = 0;
    const descriptor = openKernelFile(this.#path(row.pid, file));
    if (typeof descriptor !== 'number') return UNHELD;
    this.#budget.took();
    return descriptor;
  }

  /** Reads through the descriptor, or by path if none is held. */
  #readHeld(
    row: TrackedProcess,
    file: 'stat' | 'statm' | 'io',
    descriptor: number,
    parse: (length: number) => void,
  ): 'read' | ReadFailure {
    const read =
      descriptor === UNHELD
        ? readKernelFileOnce(this.#path(row.pid, file), this.#buffer)
        : readKernelFile(descriptor, this.#buffer);
    return this.#parsed(file, row.pid, read, parse);
  }

  #parsed(
    file: KernelFileKind,
    pid: number,
    read: number | ReadFailure,
    parse: (length: number) => void,
  ): 'read' | ReadFailure {
    let failure: ReadFailure;
    if (typeof read !== 'number') failure = read;
    else {
      try {
        parse(read);
        if (file !== 'stat' || !isReaped(this.stat)) return 'read';
        failure = 'gone';
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
        failure = 'malformed';
      }
    }
    this.#problems.count(file, failure, pid);
    return failure;
  }
}
