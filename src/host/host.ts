import { readdirSync, readlinkSync } from 'node:fs';
import { printable } from '../text/printable.ts';
import { type CpuClock, loadCpuClock } from './cpu-clock.ts';
import { readKernelUnits } from './proc/auxv.ts';
import { type BootTime, readBootTime } from './proc/boot-time.ts';
import { readDescriptorLimit } from './proc/descriptor-limit.ts';

/** The machine that is watched: where its files are, and in which units and clocks they count. */
export interface Host {
  /** Where the host's `/proc` is mounted. */
  readonly procRoot: string;
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
  readonly boot: BootTime;
  /** Null where it cannot be used: CPU then comes from `stat`, in ticks. */
  readonly cpuClock: CpuClock | null;
  /** Why `cpuClock` is null, in one sentence. */
  readonly cpuClockMissing: string | null;
  /** Descriptors that this program may hold open. */
  readonly descriptorLimit: number;
}

/** A host root that is not there, or is not one: bad input. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** Throws HostError if `procRoot` holds no process tree. */
export function openHost(procRoot: string, nowUnixMillis: number, nowMonotonicSeconds: number): Host {
  checkProcRoot(procRoot);
  const units = readKernelUnits();
  const clock = isOwnPidNamespace(procRoot)
    ? loadCpuClock()
    : `${procRoot} shows another PID namespace than this program's own`;
  return {
    procRoot,
    ...units,
    boot: readBootTime(procRoot, nowUnixMillis, nowMonotonicSeconds),
    cpuClock: typeof clock === 'string' ? null : clock,
    cpuClockMissing: typeof clock === 'string' ? clock : null,
    descriptorLimit: readDescriptorLimit(),
  };
}

function checkProcRoot(procRoot: string): void {
  let names: string[];
  try {
    names = readdirSync(procRoot);
  } catch (error) {
    throw new HostError(
      `--proc-root ${printable(procRoot)} cannot be read (${(error as NodeJS.ErrnoException).code}): it must be a mount of the host's /proc`,
    );
  }
  if (!names.some((name) => /^[0-9]+$/.test(name))) {
    throw new HostError(
      `--proc-root ${printable(procRoot)} holds no processes: it must be a mount of the host's /proc`,
    );
  }
}

/** Whether PIDs in this tree are the PIDs that this program's own system calls take. */
function isOwnPidNamespace(procRoot: string): boolean {
  try {
    return readlinkSync(`${procRoot}/self`) === String(process.pid);
  } catch {
    // A tree of saved files has no `self`.
    return false;
  }
}
