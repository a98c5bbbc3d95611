import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `getconf CLK_TCK`: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * What sampling alone sees of a cgroup: the `utime + stime` of each process of `cgroup.procs`, from its birth to the last
 * look at it. Processes that are gone at the next look keep what was seen of them.
 */
export class PlainSampler {
  readonly #directory: string;
  readonly #first = new Map<string, number>();
  readonly #last = new Map<string, number>();
  #startUsage: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  sample(): void {
    const isFirst = this.#startUsage === undefined;
    this.#startUsage ??= this.#usage();
    for (const pid of readFileSync(join(this.#directory, 'cgroup.procs'), 'latin1').split('\n')) {
      if (pid === '') continue;
      const seen = ownCpu(pid);
      if (seen === undefined) continue;
      // What those of before have used until now is no part of it.
      if (isFirst) this.#first.set(seen.who, seen.seconds);
      this.#last.set(seen.who, seen.seconds);
    }
  }

  /** CPU seconds that it saw, and that the cgroup used, since the first sample. */
  totals(): { readonly seen: number; readonly used: number } {
    let seen = 0;
    for (const [who, seconds] of this.#last) seen += seconds - (this.#first.get(who) ?? 0);
    return { seen, used: this.#usage() - (this.#startUsage ?? 0) };
  }

  #usage(): number {
    const usage = /^usage_usec (\d+)$/m.exec(readFileSync(join(this.#directory, 'cpu.stat'), 'latin1'));
    return Number(usage![1]) / 1e6;
  }
}

/** proc_pid_stat(5): start time, and `utime + stime`. Undefined where it has ended. */
function ownCpu(pid: string): { readonly who: string; readonly seconds: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { who: `${pid} ${fields[19]}`, seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}
