import { closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';
import { printable } from '../text/printable.ts';
import { BootClock, type BootTime } from './boot-time.ts';
import type { Clock } from './clock.ts';
import { type KernelClocks, loadKernelClocks } from './kernel-clocks.ts';
import { readKernelUnits } from './proc/auxv.ts';
import { readDescriptorLimit } from './proc/limits.ts';
import { pidNamespaceOf } from './proc/pid-namespace.ts';
import { openTaskTurnover, type TaskTurnover } from './proc/task-turnover.ts';

/** The tracked machine: location of its files, their units, and its clocks. */
export interface Host {
  /** Mount point of the host's `/proc`. */
  readonly procRoot: string;
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
  readonly boot: BootTime;
  /** Null if unavailable: CPU then comes from `stat`, in ticks. */
  readonly clocks: KernelClocks | null;
  /** Reason why `clocks` is null, in one sentence. */
  readonly clocksMissing: string | null;
  /** Null if unavailable: processes are then listed. */
  readonly taskTurnover: TaskTurnover | null;
  /** unitledger's PID in `procRoot`; null if that shows another PID namespace. */
  readonly ownPid: number | null;
  /** Maximum number of descriptors that unitledger may have open. */
  readonly descriptorLimit: number;
}

/** The host root is missing or not a `/proc`: bad input. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** The host of a run; its boot time follows suspends and steps of the clock. */
export interface LiveHost extends Host {
  readonly boot: BootClock;
}

/** Throws HostError if `procRoot` holds no processes, or if unitledger has no `/proc` of its own. */
export function openHost(procRoot: string, clock: Pick<Clock, 'monotonicSeconds' | 'unixMillis'>): LiveHost {
  if (!existsSync('/proc/self'))
    throw new HostError('/proc is not mounted: unitledger reads its own limits there, also with --proc-root');
  checkProcRoot(procRoot);
  const showsOwn = pidNamespaceOf(procRoot) === 'own';
  const loaded = showsOwn
    ? loadKernelClocks()
    : `${procRoot} shows another PID namespace than this program's own`;
  const clocks = typeof loaded === 'string' ? null : loaded;
  return {
    procRoot,
    ...readKernelUnits(),
    boot: new BootClock(procRoot, clocks, clock),
    clocks,
    clocksMissing: typeof loaded === 'string' ? loaded : null,
    taskTurnover: showsOwn ? openTaskTurnover(procRoot) : null,
    ownPid: showsOwn ? process.pid : null,
    descriptorLimit: readDescriptorLimit(),
  };
}

function checkProcRoot(procRoot: string): void {
  const shown = printable(procRoot);
  let holdsProcesses: boolean;
  try {
    closeSync(openSync(procRoot, constants.O_RDONLY | constants.O_DIRECTORY));
    // Listing thousands of processes takes long; PID 1 always exists, unless it is hidden.
    holdsProcesses =
      existsSync(`${procRoot}/1`) || readdirSync(procRoot).some((name) => /^[0-9]+$/.test(name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new HostError(
      `--proc-root ${shown} cannot be read (${code}): it must be a mount of the host's /proc`,
    );
  }
  if (!holdsProcesses) {
    throw new HostError(`--proc-root ${shown} holds no processes: it must be a mount of the host's /proc`);
  }
}
