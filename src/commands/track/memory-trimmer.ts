import { openResidentPages } from '../../host/resident-pages.ts';
import { collectGarbage } from './tight-heap.ts';

const FIRST_SECONDS = 30;
const MOST_SECONDS = 480;
/** When this many processes have come or gone, V8 holds several MB of garbage, which it would collect late. */
const MANY_PROCESSES = 4096;

/**
 * Releases unused memory: garbage, and about half of Node's program file, which is used only at the start. First when code is
 * compiled, then after twice as long each time, up to eight minutes, because pages that are used rarely add up; also when
 * thousands of processes have come or gone.
 */
export class MemoryTrimmer {
  #dueAtSeconds: number;
  #afterSeconds = FIRST_SECONDS;
  #processes = 0;
  #trim: (() => void) | undefined;
  readonly #collect: () => void;

  constructor(startedAtSeconds: number, trim = openResidentPages(), collect = collectGarbage) {
    this.#dueAtSeconds = startedAtSeconds + this.#afterSeconds;
    this.#trim = trim;
    this.#collect = collect;
  }

  /** To be called between two samples, with the number of processes. */
  trim(atSeconds: number, processes: number): void {
    const isDue = atSeconds >= this.#dueAtSeconds;
    if (!isDue && Math.abs(processes - this.#processes) < MANY_PROCESSES) return;
    this.#processes = processes;
    this.#collect();
    this.release();
    if (!isDue) return;
    this.#dueAtSeconds = atSeconds + this.#afterSeconds;
    this.#afterSeconds = Math.min(MOST_SECONDS, 2 * this.#afterSeconds);
  }

  /** Returns free memory and pages of files to the kernel. */
  release(): void {
    try {
      this.#trim?.();
    } catch {
      // Keeping the pages is harmless.
      this.#trim = undefined;
    }
  }
}
