import { loadForeignFunctions } from './foreign-functions.ts';

/** Clocks that only system calls give (clock_gettime(2)); no privilege is needed. */
export interface KernelClocks {
  /**
   * The CPU clock of a whole process (clock_getcpuclockid(3)): nanoseconds that all its threads, the ended ones too,
   * have used. Exact where `/proc/PID/stat` counts ticks, at a tenth of its cost. It goes by number, in the reader's
   * own PID namespace: a PID in use again answers for its new process, so the caller must know by other means
   * which process it is. NaN when there is none (a zombie still answers).
   */
  readProcessNanos(pid: number): number;
  /** Seconds since the host was booted, suspended ones included: the scale of start times in `/proc/PID/stat`. */
  readBootSeconds(): number;
}

type ClockGettime = (clockId: number, timespec: Uint8Array) => number;

const CLOCK_BOOTTIME = 7;
const SECONDS_LOW = 0;
const SECONDS_HIGH = 1;
const NANOS = 2;

/** The clocks, or in one sentence why there are none: everything works without them, from files, in ticks. */
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
  return Number.isNaN(clocks.readProcessNanos(process.pid)) ? 'the kernel gives no CPU clock by PID' : clocks;
}
