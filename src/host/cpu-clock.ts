import { createRequire } from 'node:module';

/**
 * The kernel's CPU clock of a whole process (clock_getcpuclockid(3)): nanoseconds that all its threads, the ended ones
 * too, have used. Exact where `/proc/PID/stat` counts ticks, a tenth of its cost, and without any privilege.
 * It goes by number, in the reader's own PID namespace: a PID in use again answers for its new process, so whoever
 * asks must know by other means which process it is.
 */
export interface CpuClock {
  /** Nanoseconds; NaN when there is no such process any more (a zombie still answers). */
  readNanos(pid: number): number;
}

type ClockGettime = (clockId: number, timespec: Uint8Array) => number;

const SECONDS_LOW = 0;
const SECONDS_HIGH = 1;
const NANOS = 2;

/** The clock, or in one sentence why there is none. Everything works without it, from `stat`, in ticks. */
export function loadCpuClock(): CpuClock | string {
  let clockGettime: ClockGettime;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    clockGettime = koffi
      .load(null)
      .func('int clock_gettime(int clock, _Out_ void *timespec)') as ClockGettime;
  } catch (error) {
    return `no foreign-function library: ${(error as Error).message.split('\n', 1)[0]}`;
  }
  // struct timespec of a 64-bit Linux: two little-endian 64-bit integers.
  const bytes = new Uint8Array(16);
  const words = new Uint32Array(bytes.buffer);
  const clock: CpuClock = {
    readNanos(pid) {
      // CPUCLOCK_SCHED of the process with that PID (include/linux/posix-timers.h).
      if (clockGettime((~pid << 3) | 2, bytes) !== 0) return Number.NaN;
      return (words[SECONDS_HIGH]! * 2 ** 32 + words[SECONDS_LOW]!) * 1e9 + words[NANOS]!;
    },
  };
  return Number.isNaN(clock.readNanos(process.pid)) ? 'the kernel gives no CPU clock by PID' : clock;
}
