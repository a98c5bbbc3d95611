import { readKernelFileOnce } from '../host/kernel-file.ts';
import { ParseError } from '../host/parse-error.ts';
import { parsePssBytes } from '../host/proc/smaps-rollup.ts';
import { directoryOf } from './leaderless.ts';
import { ROW_ALIVE } from './process-columns.ts';
import type { DetailColumns } from './process-details.ts';
import type { ProcessTable } from './process-table.ts';
import type { ReadProblems } from './read-problems.ts';

/** No process is asked more often: the kernel walks all its pages, and holds up its memory calls meanwhile. */
const LEAST_SECONDS = 60;
/** A process with more resident memory is not asked at all. */
const MOST_BYTES = 1 << 30;
/** Resident memory that is walked in one tick, of one process at least. */
const MOST_BYTES_A_TICK = 256 << 20;

const BUFFER_BYTES = 4096;

/** Reads PSS, rationed: a few rows a tick, so that all of them have had their turn in a minute at the soonest. */
export class PssReader {
  readonly #procRoot: string;
  readonly #table: ProcessTable;
  readonly #details: DetailColumns;
  readonly #problems: ReadProblems;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  /** By slot: the serial of the row that was last asked, and when. */
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

  /** Asks those whose turn it is in this tick. */
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
          // The next tick begins with it.
          if (bytes > MOST_BYTES_A_TICK && bytes > resident) return;
          this.#ask(slot, atSeconds);
          turns--;
        } else this.#details.set('pssBytes', slot, Number.NaN, this.#table.current.tick);
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

  #ask(slot: number, atSeconds: number): void {
    const row = this.#table.processes[slot]!;
    const { pid, serial } = row;
    this.#serials[slot] = serial;
    this.#askedAtSeconds[slot] = atSeconds;
    const read = readKernelFileOnce(`${directoryOf(this.#procRoot, row)}/smaps_rollup`, this.#buffer);
    if (typeof read !== 'number') {
      this.#problems.count('smaps_rollup', read, pid);
      return;
    }
    try {
      this.#details.set('pssBytes', slot, parsePssBytes(this.#buffer, read), this.#table.current.tick);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.#problems.count('smaps_rollup', 'malformed', pid);
    }
  }
}
