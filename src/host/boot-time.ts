import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import type { KernelClocks } from './kernel-clocks.ts';
import { parseBootTime } from './proc/boot-time.ts';
import { readUptimeSeconds } from './proc/uptime.ts';

/** Where a start in clock ticks since boot lies on the two clocks of a run. */
export interface BootTime {
  /**
   * Milliseconds since the epoch, in whole seconds: `btime` of `/proc/stat`, as ps and top use it. Start times made from it
   * are up to a second early, and the same in every run until the wall clock is stepped.
   */
  readonly unixMillis: number;
  /** On the monotonic clock of the run: before its zero, so usually negative. Never late, at most 10 ms early. */
  readonly monotonicSeconds: number;
}

const READ_ATTEMPTS = 5;
const ONE_MOMENT_SECONDS = 0.0001;
/** `/proc/uptime` is cut down to this. */
const UPTIME_RESOLUTION_SECONDS = 0.01;
/** The clocks drift apart by this much only while the machine is suspended. */
const LEAST_SUSPEND_SECONDS = 0.05;

/** The boot time as a run goes on: the machine may be suspended, and its wall clock set. */
export class BootClock implements BootTime {
  unixMillis: number;
  monotonicSeconds: number;
  readonly #procRoot: string;
  readonly #clocks: KernelClocks | null;
  readonly #clock: Pick<Clock, 'monotonicSeconds' | 'unixMillis'>;

  /** `clocks` is null where only the files below `procRoot` can be read. */
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
   * Start times count on through a suspend while the monotonic clock stands still: corrects the one by what the other
   * missed, and returns these seconds, usually 0. Costs two clock readings.
   */
  followSuspend(): number {
    if (this.#clocks === null) return 0;
    const suspended = this.monotonicSeconds - this.#readMonotonicSeconds();
    if (!(suspended >= LEAST_SUSPEND_SECONDS)) return 0;
    this.monotonicSeconds -= suspended;
    return suspended;
  }

  /** The wall clock was stepped: processes found from now on start by the corrected clock. */
  followStep(): void {
    this.unixMillis = this.#readUnixMillis();
  }

  #readMonotonicSeconds(): number {
    let boot = Number.NaN;
    let least = Number.POSITIVE_INFINITY;
    // On a busy machine much time may pass between two clocks.
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
    try {
      const seconds = parseBootTime(readFileSync(`${this.#procRoot}/stat`, 'latin1'));
      if (seconds !== null) return seconds * 1000;
    } catch {
      // Saved trees have no such file.
    }
    const offsetMillis = this.#clock.unixMillis() - this.#clock.monotonicSeconds() * 1000;
    return Math.floor((offsetMillis + this.monotonicSeconds * 1000) / 1000) * 1000;
  }
}
