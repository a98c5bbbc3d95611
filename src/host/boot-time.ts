import type { Clock } from './clock.ts';
import type { KernelClocks } from './kernel-clocks.ts';
import { readKernelText, readKernelWhole } from './kernel-file.ts';

/** Time of boot on the two clocks of a run; start times are in clock ticks since boot. */
export interface BootTime {
  /**
   * Milliseconds since the epoch, in whole seconds: `btime` of `/proc/stat`, as ps and top use it. Start times computed
   * from it are up to a second early, and the same in every run until the wall clock is stepped.
   */
  readonly unixMillis: number;
  /** On the monotonic clock of the run, usually negative. Never late, at most 10 ms early. */
  readonly monotonicSeconds: number;
}

/** `/proc/stat` has a line for each processor and a number for each interrupt: far less even on the largest machines. */
const MOST_STAT_BYTES = 4_194_304;
const READ_ATTEMPTS = 5;
const ONE_MOMENT_SECONDS = 0.0001;
/** `/proc/uptime` is truncated to this. */
const UPTIME_RESOLUTION_SECONDS = 0.01;
/** The clocks drift apart by this much only while the machine is suspended. */
const LEAST_SUSPEND_SECONDS = 0.05;

/** The boot time during a run, in which the machine may be suspended and its wall clock set. */
export class BootClock implements BootTime {
  unixMillis: number;
  monotonicSeconds: number;
  readonly #procRoot: string;
  readonly #clocks: KernelClocks | null;
  readonly #clock: Pick<Clock, 'monotonicSeconds' | 'unixMillis'>;

  /** `clocks` is null if only the files below `procRoot` can be read. */
  constructor(
    procRoot: string,
    clocks: KernelClocks | null,
    clock: Pick<Clock, 'monotonicSeconds' | 'unixMillis'>,
  ) {
    this.#procRoot = procRoot;
    this.#clocks = clocks;
    this.#clock = clock;
    this.monotonicSeconds = this.#readMonotonicSeconds();
    this.unixMillis = this.#readUnixMillis();
  }

  /**
   * Corrects the monotonic boot time after a suspend, in which start times advance but the monotonic clock does not.
   * Returns the seconds of the correction, usually 0. Costs two clock reads.
   */
  followSuspend(): number {
    if (this.#clocks === null) return 0;
    const suspended = this.monotonicSeconds - this.#readMonotonicSeconds();
    if (!(suspended >= LEAST_SUSPEND_SECONDS)) return 0;
    this.monotonicSeconds -= suspended;
    return suspended;
  }

  /**
   * Follows a step of the wall clock: processes found from now on start by the corrected clock. A suspend is such a step;
   * without the kernel's clocks, only the step reveals it.
   */
  followStep(): void {
    if (this.#clocks === null)
      this.monotonicSeconds = Math.min(this.monotonicSeconds, this.#readMonotonicSeconds());
    this.unixMillis = this.#readUnixMillis();
  }

  #readMonotonicSeconds(): number {
    let boot = Number.NaN;
    let least = Number.POSITIVE_INFINITY;
    // On a busy machine much time may pass between reading the two clocks.
    for (let attempt = 0; attempt < READ_ATTEMPTS && least > ONE_MOMENT_SECONDS; attempt++) {
      const before = this.#clock.monotonicSeconds();
      const upSeconds =
        this.#clocks?.readBootSeconds() ?? readUptimeSeconds(this.#procRoot) + UPTIME_RESOLUTION_SECONDS;
      const passed = this.#clock.monotonicSeconds() - before;
      if (passed >= least) continue;
      least = passed;
      boot = before - upSeconds;
    }
    return boot;
  }

  #readUnixMillis(): number {
    const stat = readKernelWhole(`${this.#procRoot}/stat`, MOST_STAT_BYTES);
    // Saved trees have no `/proc/stat`.
    const seconds = typeof stat === 'string' ? null : parseBootTime(stat.text);
    if (seconds !== null) return seconds * 1000;
    const offsetMillis = this.#clock.unixMillis() - this.#clock.monotonicSeconds() * 1000;
    return Math.floor((offsetMillis + this.monotonicSeconds * 1000) / 1000) * 1000;
  }
}

/** `btime` of `/proc/stat` (proc_stat(5)): boot time in seconds since the epoch; null if missing. */
export function parseBootTime(stat: string): number | null {
  const [, seconds] = /^btime (\d{1,15})$/m.exec(stat) ?? [];
  return seconds === undefined ? null : Number(seconds);
}

/** Seconds since boot, truncated to 10 ms (proc_uptime(5)). 0 in a tree of saved files without `uptime`. */
function readUptimeSeconds(procRoot: string): number {
  const uptime = readKernelText(`${procRoot}/uptime`);
  // Start times in such a tree do not relate to this machine's clocks anyway.
  if (typeof uptime === 'string') return 0;
  const seconds = Number(uptime.text.split(' ', 1)[0]);
  return Number.isFinite(seconds) ? seconds : 0;
}
