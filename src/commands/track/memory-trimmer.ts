import { openResidentPages, type ResidentPages } from '../../host/resident-pages.ts';
import { collectGarbage, useTurbofan } from './tight-heap.ts';

/** When only pages of files are released, in addition to the releases at the start (`track.ts`); the second is after the first export. */
const FILES_AT_SECONDS: readonly number[] = [1, 12];
const FIRST_SECONDS = 30;
/** By then, V8 has optimised what runs in each sample and each export. Later, TurboFan would cost more memory than it saves CPU. */
const OPTIMISED_AFTER_SECONDS = 60;
const MOST_SECONDS = 480;
/** When this many processes have come or gone, V8 holds several MB of garbage, which it would collect late. */
const MANY_PROCESSES = 4096;

/**
 * Releases unused memory: garbage, and about half of Node's program file, which is used only at the start. First when code is
 * compiled, then after twice as long each time, up to eight minutes, because pages that are used rarely add up; also when
 * thousands of processes have come or gone. Pages of files are released earlier as well. After a minute, V8 also stops using
 * TurboFan.
 */
export class MemoryTrimmer {
  readonly #filesDueAtSeconds: number[];
  #dueAtSeconds: number;
  #afterSeconds = FIRST_SECONDS;
  #processes = 0;
  #pages: ResidentPages | undefined;
  readonly #collect: () => void;
  readonly #useTurbofan: (uses: boolean) => void;
  readonly #optimisedAtSeconds: number;

  constructor(
    startedAtSeconds: number,
    pages = openResidentPages(),
    v8 = { collect: () => collectGarbage(), useTurbofan },
  ) {
    this.#optimisedAtSeconds = startedAtSeconds + OPTIMISED_AFTER_SECONDS;
    this.#filesDueAtSeconds = FILES_AT_SECONDS.map((seconds) => startedAtSeconds + seconds);
    this.#dueAtSeconds = startedAtSeconds + this.#afterSeconds;
    this.#pages = pages;
    this.#collect = v8.collect;
    this.#useTurbofan = v8.useTurbofan;
  }

  /** To be called between two samples, with the number of processes. */
  trim(atSeconds: number, processes: number): void {
    const isDue = atSeconds >= this.#dueAtSeconds;
    if (isDue && atSeconds >= this.#optimisedAtSeconds) this.#useTurbofan(false);
    if (isDue || Math.abs(processes - this.#processes) >= MANY_PROCESSES) {
      this.#processes = processes;
      this.#collect();
      this.release();
    } else if (atSeconds >= (this.#filesDueAtSeconds[0] ?? Number.POSITIVE_INFINITY)) {
      this.#filesDueAtSeconds.shift();
      this.releaseFiles();
    }
    if (!isDue) return;
    this.#dueAtSeconds = atSeconds + this.#afterSeconds;
    this.#afterSeconds = Math.min(MOST_SECONDS, 2 * this.#afterSeconds);
  }

  /** Resets the flags of V8. */
  end(): void {
    this.#useTurbofan(true);
  }

  /** Returns free memory and pages of files to the kernel. */
  release(): void {
    this.#try(({ trimAllocator }) => trimAllocator());
    this.releaseFiles();
  }

  /** Returns pages of files to the kernel. */
  releaseFiles(): void {
    this.#try(({ releaseFiles }) => releaseFiles());
  }

  #try(release: (pages: ResidentPages) => void): void {
    try {
      if (this.#pages !== undefined) release(this.#pages);
    } catch {
      // Keeping the pages is harmless.
      this.#pages = undefined;
    }
  }
}
