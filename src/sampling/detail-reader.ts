import type { Host } from '../host/host.ts';
import { readKernelFileOnce } from '../host/kernel-file.ts';
import { ParseError } from '../host/parse-error.ts';
import { DescriptorCounter } from '../host/proc/descriptors.ts';
import { kernelGives } from '../host/proc/kernel-gives.ts';
import { parseDescriptorLimit } from '../host/proc/limits.ts';
import { parseRunQueueNanos } from '../host/proc/schedstat.ts';
import { parsePssBytes } from '../host/proc/smaps-rollup.ts';
import { ContextSwitches, parseContextSwitches } from '../host/proc/status.ts';
import type { ReadFailure } from '../host/read-failure.ts';
import { EXTRA_DETAILS } from './choices.ts';
import { directoryOf } from './leaderless.ts';
import { ROW_ALIVE } from './process-columns.ts';
import type { DetailColumns, DetailFigure } from './process-details.ts';
import type { ProcessTable } from './process-table.ts';
import type { KernelFileKind, ReadProblems } from './read-problems.ts';
import type { TrackedProcess } from './tracked-process.ts';

/**
 * Minimum seconds between two reads of one process: during a read the kernel walks all pages of the process and blocks
 * its memory calls.
 */
const LEAST_SECONDS = 60;

/** Processes with more resident memory are never read. */
const MOST_BYTES = 1 << 30;

/** Resident memory that is walked in one tick; at least one process is read. */
const MOST_BYTES_A_TICK = 256 << 20;

/** Size of the buffer for `smaps_rollup`. */
const PSS_BUFFER_BYTES = 4096;

/**
 * Stores a level. A level that can no longer be read (a set-uid program) is unknown; that of a process without memory, which
 * is about to end, keeps its last value, and so does one for which no descriptor is left.
 */
function setLevel(
  details: DetailColumns,
  figure: DetailFigure,
  slot: number,
  value: number | ReadFailure,
  tick: number,
): void {
  if (value !== 'gone' && value !== 'exhausted')
    details.set(figure, slot, typeof value === 'number' ? value : Number.NaN, tick);
}

/** Reads PSS of a few rows a tick, each row at most once a minute. */
class PssReader {
  readonly #procRoot: string;
  readonly #table: ProcessTable;
  readonly #details: DetailColumns;
  readonly #problems: ReadProblems;
  readonly #buffer = Buffer.alloc(PSS_BUFFER_BYTES);
  /** By slot: serial of the row that was last read, and time of the read. */
  readonly #serials: number[] = [];
  readonly #askedAtSeconds: number[] = [];
  #nextSlot = 0;
  #previousAtSeconds = Number.NaN;

  constructor(procRoot: string, table: ProcessTable, details: DetailColumns, problems: ReadProblems) {
    this.#procRoot = procRoot;
    this.#table = table;
    this.#details = details;
    this.#problems = problems;
  }

  /** Reads the rows that are due in this tick. */
  read(): void {
    const { rows, count, atSeconds } = this.#table.current;
    const seconds = atSeconds - this.#previousAtSeconds;
    this.#previousAtSeconds = atSeconds;
    const share = Number.isNaN(seconds) ? 1 : Math.ceil((count * seconds) / LEAST_SECONDS);
    let turns = Math.min(count, Math.max(1, share));
    let bytes = 0;
    const all = this.#table.processes.length;
    for (let looked = 0; looked < all && turns > 0; looked++) {
      const slot = this.#nextSlot % all;
      if (rows.state[slot] === ROW_ALIVE && this.#isDue(slot, atSeconds)) {
        const resident = rows.memoryBytes[slot]!;
        if (resident <= MOST_BYTES) {
          bytes += resident;
          // The next tick starts with this row.
          if (bytes > MOST_BYTES_A_TICK && bytes > resident) return;
          this.#ask(slot, atSeconds);
          turns--;
        } else if (resident > MOST_BYTES) this.#leaveOut(slot, atSeconds);
      }
      this.#nextSlot = slot + 1;
    }
  }

  #isDue(slot: number, atSeconds: number): boolean {
    return (
      this.#serials[slot] !== this.#table.rows.serial[slot] ||
      atSeconds - this.#askedAtSeconds[slot]! >= LEAST_SECONDS
    );
  }

  /** A row that is too large to be read is looked at again as late as one that was read: each look counts as a change. */
  #leaveOut(slot: number, atSeconds: number): void {
    this.#noteAsked(slot, atSeconds);
    this.#details.set('pssBytes', slot, Number.NaN, this.#table.current.tick);
  }

  #noteAsked(slot: number, atSeconds: number): void {
    this.#serials[slot] = this.#table.rows.serial[slot]!;
    this.#askedAtSeconds[slot] = atSeconds;
  }

  #ask(slot: number, atSeconds: number): void {
    const row = this.#table.processes[slot]!;
    const { pid } = row;
    this.#noteAsked(slot, atSeconds);
    const read = readKernelFileOnce(`${directoryOf(this.#procRoot, row)}/smaps_rollup`, this.#buffer);
    const value = typeof read === 'number' ? this.#parsed(read) : read;
    if (typeof value === 'string') this.#problems.count('smaps_rollup', value, pid);
    setLevel(this.#details, 'pssBytes', slot, value, this.#table.current.tick);
  }

  #parsed(length: number): number | ReadFailure {
    try {
      return parsePssBytes(this.#buffer, length);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      return 'malformed';
    }
  }
}

/** `status` lists the groups of the process, possibly thousands. */
const BUFFER_BYTES = 65_536;
/** Limits first reads per tick, so that the first ticks of a run stay fast. */
const MOST_FIRST_READS = 64;
/**
 * Turns of a row between two reads of its descriptor limit (changes rarely) and, on older kernels, of its descriptor
 * count if it is high (11 ms for 10,000 descriptors).
 */
const SLOW_TURNS = 16;
const MANY_DESCRIPTORS = 1000;

/** Values of `#readAtTick` before the first read: the row is new in this tick; the row is older but not yet read. */
const UNMET = -2;
const UNREAD = -1;

/** The kernel file of each group. */
const FILES = {
  'context-switches': 'status',
  descriptors: 'fd',
  'run-queue': 'schedstat',
  pss: 'smaps_rollup',
} as const satisfies Record<ExtraDetail, KernelFileKind>;
type ExtraDetail = (typeof EXTRA_DETAILS)[number];

/**
 * Reads details that have kernel files of their own, by path and at a slow pace. Rows take turns, which spreads the
 * cost over all ticks, and a row is read only if it ran since its last read. Rows that exist in one sample only are not
 * read.
 */
export class DetailReader {
  readonly #procRoot: string;
  readonly #table: ProcessTable;
  readonly #details: DetailColumns;
  readonly #problems: ReadProblems;
  readonly #everyTicks: number;
  readonly #groups: ReadonlySet<ExtraDetail>;
  readonly #descriptors: DescriptorCounter;
  readonly #pss: PssReader | undefined;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #switches = new ContextSwitches();
  /** By slot: serial of the row, and the tick in which it was last read. */
  readonly #serials: number[] = [];
  readonly #readAtTick: number[] = [];
  /** By slot: whether the last read left out values that are read at slow turns only, so that an idle row is read again. */
  readonly #owesSlow: boolean[] = [];

  /** `everyTicks`: ticks between two turns of a row. */
  constructor(
    host: Host,
    table: ProcessTable,
    details: DetailColumns,
    problems: ReadProblems,
    everyTicks: number,
  ) {
    this.#procRoot = host.procRoot;
    this.#table = table;
    this.#details = details;
    this.#problems = problems;
    this.#everyTicks = Math.max(1, everyTicks);
    const asked = EXTRA_DETAILS.filter((group) => details.groups.has(group));
    for (const group of asked) if (!kernelGives(FILES[group])) problems.count(FILES[group], 'unsupported');
    this.#groups = new Set(asked.filter((group) => kernelGives(FILES[group])));
    this.#descriptors = new DescriptorCounter(host.procRoot);
    if (this.#groups.has('pss')) this.#pss = new PssReader(host.procRoot, table, details, problems);
  }

  /** Call last in a tick. `full` reads every row that ran. */
  read(full: boolean): void {
    this.#pss?.read();
    if (this.#groups.size === (this.#pss === undefined ? 0 : 1)) return;
    const { rows, slots, count, tick } = this.#table.current;
    let firstReads = full ? count : MOST_FIRST_READS;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (rows.state[slot] !== ROW_ALIVE) continue;
      if (this.#serials[slot] !== rows.serial[slot]) {
        this.#serials[slot] = rows.serial[slot]!;
        this.#readAtTick[slot] = UNMET;
        this.#owesSlow[slot] = false;
      }
      const before = this.#readAtTick[slot]!;
      if (before === UNMET && !full) this.#readAtTick[slot] = UNREAD;
      else if (before < 0) {
        if (firstReads-- > 0) this.#readRow(slot, tick);
      } else if (full || (tick + slot) % this.#everyTicks === 0) {
        const row = this.#table.processes[slot]!;
        if (row.movedAtTick > before) this.#readRow(slot, tick);
        else if (this.#owesSlow[slot]! && this.#isSlowTurn(slot, tick)) this.#readDescriptors(row, tick);
      }
    }
  }

  #readRow(slot: number, tick: number): void {
    const row = this.#table.processes[slot]!;
    const { pid } = row;
    const details = this.#details;
    this.#readAtTick[slot] = tick;
    if (this.#groups.has('context-switches')) {
      this.#parse('status', pid, (length) => {
        parseContextSwitches(this.#buffer, length, this.#switches);
        details.set('voluntarySwitches', slot, this.#switches.voluntary, tick);
        details.set('involuntarySwitches', slot, this.#switches.involuntary, tick);
      });
    }
    if (this.#groups.has('run-queue')) {
      this.#parse('schedstat', pid, (length) => {
        details.set('runQueueNanos', slot, parseRunQueueNanos(this.#buffer, length), tick);
      });
    }
    if (this.#groups.has('descriptors')) this.#readDescriptors(row, tick);
  }

  #isSlowTurn(slot: number, tick: number): boolean {
    return (Math.floor(tick / this.#everyTicks) + slot) % SLOW_TURNS === 0;
  }

  #readDescriptors(row: TrackedProcess, tick: number): void {
    const { slot, pid } = row;
    const isDue = this.#isSlowTurn(slot, tick);
    this.#owesSlow[slot] = !isDue;
    const isCheap = this.#descriptors.bySize || !(this.#details.get('descriptors', slot) > MANY_DESCRIPTORS);
    if (isDue || isCheap) {
      const held = this.#descriptors.count(directoryOf(this.#procRoot, row));
      if (typeof held === 'string') this.#problems.count('fd', held, pid);
      setLevel(this.#details, 'descriptors', slot, held, tick);
    }
    if (!isDue && !Number.isNaN(this.#details.get('descriptorLimit', slot))) return;
    this.#parse('limits', pid, (length) => {
      this.#details.set('descriptorLimit', slot, parseDescriptorLimit(this.#buffer, length), tick);
    });
  }

  #parse(file: 'status' | 'schedstat' | 'limits', pid: number, parse: (length: number) => void): void {
    const read = readKernelFileOnce(`${this.#procRoot}/${pid}/${file}`, this.#buffer);
    if (typeof read !== 'number') {
      this.#problems.count(file, read, pid);
      return;
    }
    try {
      parse(read);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.#problems.count(file, 'malformed', pid);
    }
  }
}
