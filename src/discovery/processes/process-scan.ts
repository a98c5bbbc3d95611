import { readKernelFileOnce } from '../../host/kernel-file.ts';
import { ParseError } from '../../host/parse-error.ts';
import { listProcesses } from '../../host/proc/process-list.ts';
import { hasEnded, parseStat, StatFields } from '../../host/proc/stat.ts';
import { PidMarks } from './pid-marks.ts';

/** Who a process is, and who its parent was when it was read. */
export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly startTicks: number;
  /** It has ended; nobody has waited for it yet. */
  readonly ended: boolean;
}

/**
 * Scans after which a process that was there all the time is read again: a number that was used again between two
 * scans looks like that. Each scan reads its share.
 */
const SCANS_TO_READ_ALL = 64;

const BUFFER_BYTES = 4096;

/** Looks through all processes once a refresh, for all process trees together, and reads those that are new. */
export class ProcessScan {
  readonly procRoot: string;
  /** Those that the last scan read, by PID. */
  readonly read = new Map<number, ProcessFacts>();
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #stat = new StatFields();
  /** Those that this scan and the one before it saw. */
  #seen = new PidMarks();
  #seenBefore = new PidMarks();
  #scan = 0;
  #isDue = true;

  constructor(procRoot: string) {
    this.procRoot = procRoot;
  }

  /** The next `scan` looks again. */
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

  /** Takes a PID of the listing. */
  push(pid: number): void {
    this.#seen.add(pid);
    const known = this.#seenBefore.has(pid);
    if (known && (pid + this.#scan) % SCANS_TO_READ_ALL !== 0) return;
    const facts = this.factsOf(pid);
    if (facts !== undefined) this.read.set(pid, facts);
  }

  /** Reads one process now; undefined where it is gone or cannot be read. */
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
