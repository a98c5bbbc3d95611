import type { ReadFailure } from '../host/read-failure.ts';

/** The kernel files whose failures are counted apart. */
export type KernelFileKind =
  | 'stat'
  | 'statm'
  | 'io'
  | 'status'
  | 'schedstat'
  | 'limits'
  | 'fd'
  | 'smaps_rollup'
  | 'cgroup.procs'
  | 'cpu.stat';

/** A kind of failure that was met for the first time. */
export interface ReadProblem {
  readonly file: KernelFileKind;
  readonly failure: ReadFailure;
  /** The process that it was met on, where there is one. */
  readonly pid: number | null;
}

/**
 * Reads that failed, counted by file and reason, each kind said once. A process that ends between two reads is life
 * and no failure, so `gone` is counted and not said.
 */
export class ReadProblems {
  readonly #counts = new Map<string, number>();
  readonly #said: (problem: ReadProblem) => void;

  constructor(said: (problem: ReadProblem) => void) {
    this.#said = said;
  }

  count(file: KernelFileKind, failure: ReadFailure, pid: number | null = null): void {
    const kind = `${file} ${failure}`;
    const before = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, before + 1);
    if (before === 0 && failure !== 'gone') this.#said({ file, failure, pid });
  }

  /** Failures of one reason, over all files. */
  countOf(failure: ReadFailure): number {
    let total = 0;
    for (const [kind, count] of this.#counts) if (kind.endsWith(` ${failure}`)) total += count;
    return total;
  }
}
