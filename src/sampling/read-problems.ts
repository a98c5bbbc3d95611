import type { ReadFailure } from '../host/read-failure.ts';

/** Kernel files whose failures are counted separately. */
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

/** The first failure of its kind. */
export interface ReadProblem {
  readonly file: KernelFileKind;
  readonly failure: ReadFailure;
  /** PID of the process, if the file belongs to one. */
  readonly pid: number | null;
}

/**
 * Counts failed reads by file and reason, and reports each kind once. A process that ends between two reads is normal,
 * so `gone` is counted but not reported.
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

  /** Failures with this reason, over all files. */
  countOf(failure: ReadFailure): number {
    let total = 0;
    for (const [kind, count] of this.#counts) if (kind.endsWith(` ${failure}`)) total += count;
    return total;
  }
}
