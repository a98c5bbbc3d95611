import type { ReadFailure } from '../read-failure.ts';
import { type CgroupDirectory, fileIn, listSubdirectories } from './directory.ts';
import type { CgroupCounters } from './figures.ts';

type Counters = Partial<CgroupCounters>;

/** Reads the counters of one cgroup. */
export type ReadCounters = (path: CgroupDirectory) => Counters | ReadFailure;

/**
 * Sums of counters over a cgroup and all cgroups below it, for files in which the kernel counts a cgroup's own events alone
 * (`memory.oom_control` and `memory.failcnt` of v1). The last reading of a removed cgroup stays in the sums: a container
 * that the OOM killer ended is removed soon after.
 */
export class SubtreeCounters {
  readonly #file: string;
  /** By path. Of cgroups below the first, as last read. */
  #below = new Map<string, Counters>();
  readonly #removed: Record<string, number> = {};

  constructor(file: string) {
    this.#file = file;
  }

  /** The sums for the cgroup at `directory`, or why the file of that cgroup itself cannot be read. */
  read(directory: string, readCounters: ReadCounters): Counters | ReadFailure {
    const own = readCounters(fileIn(directory, this.#file));
    if (typeof own === 'string') return own;
    const below = this.#readBelow(directory, readCounters);
    for (const [path, last] of this.#below) this.#keepRemoved(last, below.get(path));
    this.#below = below;
    const sums = { ...own };
    for (const key of Object.keys(own) as (keyof CgroupCounters)[]) {
      const value = own[key] ?? null;
      if (value === null) continue;
      let sum = value + (this.#removed[key] ?? 0);
      for (const counters of below.values()) sum += counters[key] ?? 0;
      sums[key] = sum;
    }
    return sums;
  }

  #readBelow(directory: string, readCounters: ReadCounters): Map<string, Counters> {
    const found = new Map<string, Counters>();
    const pending: CgroupDirectory[] = [directory];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const children = listSubdirectories(next);
      if (typeof children === 'string') continue;
      for (const child of children) {
        pending.push(child);
        const counters = readCounters(fileIn(child, this.#file));
        if (typeof counters !== 'string') found.set(Buffer.from(child).toString('latin1'), counters);
      }
    }
    return found;
  }

  /** `now` is undefined if the cgroup is gone; a counter that fell is that of another cgroup with the same path. */
  #keepRemoved(last: Counters, now: Counters | undefined): void {
    for (const [key, value] of Object.entries(last)) {
      if (value === null || (now?.[key as keyof CgroupCounters] ?? -1) >= value) continue;
      this.#removed[key] = (this.#removed[key] ?? 0) + value;
    }
  }
}
