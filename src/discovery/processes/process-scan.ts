import { readKernelFileOnce } from '../../host/kernel-file.ts';
import { ParseError } from '../../host/parse-error.ts';
import { listProcesses } from '../../host/proc/process-list.ts';
import { hasEnded, parseStat, StatFields } from '../../host/proc/stat.ts';
import { PidMarks } from './pid-marks.ts';

/** Identity of a process, and its parent at the time of the read. */
export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly startTicks: number;
  /** It is a zombie. */
  readonly ended: boolean;
}

/**
 * Scans in which every known process is read once, to detect PIDs that were reused between two scans. Each scan reads a
 * share.
 */
const SCANS_TO_READ_ALL = 64;

const BUFFER_BYTES = 4096;

/** Lists all processes once a refresh for all process trees, and reads the new ones. */
export class ProcessScan {
  readonly procRoot: string;
  /** Processes that the last scan read, by PID. */
  readonly read = new Map<number, ProcessFacts>();
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #stat = new StatFields();
  /** PIDs seen by this scan and by the previous one. */
  #seen = new PidMarks();
  #seenBefore = new PidMarks();
  #scan = 0;
  #isDue = true;

  constructor(procRoot: string) {
    this.procRoot = procRoot;
  }

  /** Makes the next `scan` list processes again. */
  refresh(): void {
    this.#isDue = true;
  }

  scan(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#scan++;
    const before = this.#seen;
    this.#seen = this.#seenBefore;
    this.#seenBefore = before;
    this.#seen.clear();
    this.read.clear();
    listProcesses(this.procRoot, this);
  }

  /** Receives a PID of the process list. */
  push(pid: number): void {
    this.#seen.add(pid);
    const known = this.#seenBefore.has(pid);
    if (known && (pid + this.#scan) % SCANS_TO_READ_ALL !== 0) return;
    const facts = this.factsOf(pid);
    if (facts !== undefined) this.read.set(pid, facts);
  }

  /** Reads one process; undefined if it is gone or cannot be read. */
  factsOf(pid: number): ProcessFacts | undefined {
    const length = readKernelFileOnce(`${this.procRoot}/${pid}/stat`, this.#buffer);
    if (typeof length !== 'number') return undefined;
    try {
      parseStat(this.#buffer, length, this.#stat);
    } catch (error) {
      if (error instanceof ParseError) return undefined;
      throw error;
    }
    const { ppid, startTicks } = this.#stat;
    return { pid, ppid, startTicks, ended: hasEnded(this.#stat) };
  }
}
