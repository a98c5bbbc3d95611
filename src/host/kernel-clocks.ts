import { loadForeignFunctions } from './foreign-functions.ts';

/** Clocks that need system calls (clock_gettime(2)); no privilege is required. */
export interface KernelClocks {
  /**
   * The CPU clock of a whole process (clock_getcpuclockid(3)): nanoseconds used by all its threads, ended ones
   * included. Exact, whereas `/proc/PID/stat` counts ticks, and at a tenth of its cost. `pid` is in the reader's own
   * PID namespace; a reused PID returns the clock of the new process, so the caller must identify the process by other
   * means. NaN if there is none: no process, or the ID of another thread than its first (a zombie still has one).
   */
  readProcessNanos(pid: number): number;
  /** Seconds since boot, suspend included: the scale of start times in `/proc/PID/stat`. */
  readBootSeconds(): number;
}

type ClockGettime = (clockId: number, timespec: Uint8Array) => number;

const CLOCK_BOOTTIME = 7;
const SECONDS_LOW = 0;
const SECONDS_HIGH = 1;
const NANOS = 2;

/**
 * The clocks, or one sentence with the reason why they are missing: without them everything works with ticks from
 * files.
 */
export function loadKernelClocks(): KernelClocks | string {
  let clockGettime: ClockGettime;
  try {
    const koffi = loadForeignFunctions();
    clockGettime = koffi
      .load(null)
      .func('int clock_gettime(int clock, _Out_ void *timespec)') as ClockGettime;
  } catch (error) {
    return `no foreign-function library: ${(error as Error).message.split('\n', 1)[0]}`;
  }
  // struct timespec of a 64-bit Linux: two little-endian 64-bit integers.
  const bytes = new Uint8Array(16);
  const words = new Uint32Array(bytes.buffer);
  const nanosOf = (clockId: number): number => {
    if (clockGettime(clockId, bytes) !== 0) return Number.NaN;
    return (words[SECONDS_HIGH]! * 2 ** 32 + words[SECONDS_LOW]!) * 1e9 + words[NANOS]!;
  };
  const clocks: KernelClocks = {
    // CPUCLOCK_SCHED of the process with that PID (include/linux/posix-timers.h).
    readProcessNanos: (pid) => nanosOf((~pid << 3) | 2),
    readBootSeconds: () => nanosOf(CLOCK_BOOTTIME) / 1e9,
  };
  return Number.isNaN(clocks.readProcessNanos(process.pid))
    ? 'the kernel provides no CPU clocks of processes'
    : clocks;
}
