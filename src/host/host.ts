import { closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';
import { printable } from '../text/printable.ts';
import { type KernelClocks, loadKernelClocks } from './kernel-clocks.ts';
import { readKernelUnits } from './proc/auxv.ts';
import { readDescriptorLimit } from './proc/descriptor-limit.ts';
import { pidNamespaceOf } from './proc/pid-namespace.ts';
import { openTaskTurnover, type TaskTurnover } from './proc/task-turnover.ts';
import { readUptimeSeconds } from './proc/uptime.ts';

/** The machine that is watched: where its files are, and in which units and clocks they count. */
export interface Host {
  /** Where the host's `/proc` is mounted. */
  readonly procRoot: string;
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
  readonly boot: BootTime;
  /** Null where they cannot be used: CPU then comes from `stat`, in ticks. */
  readonly clocks: KernelClocks | null;
  /** Why `clocks` is null, in one sentence. */
  readonly clocksMissing: string | null;
  /** Null where it cannot be told: whoever may have come or gone is then looked for. */
  readonly taskTurnover: TaskTurnover | null;
  /** This program's PID in `procRoot`; null where that shows another PID namespace. */
  readonly ownPid: number | null;
  /** Descriptors that this program may hold open. */
  readonly descriptorLimit: number;
}

/**
 * When the host was booted, on this program's two clocks, so that a start in ticks since boot becomes a time. Taken
 * once a run and kept: the kernel's own boot time jitters as the wall clock is adjusted.
 */
interface BootTime {
  readonly unixMillis: number;
  /** On the monotonic clock of the caller; before its zero, so negative as a rule. */
  readonly monotonicSeconds: number;
}

/** A host root that is not there, or is not one: bad input. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/** The clocks of the caller: they are read beside the host's own, so that one's times become the other's. */
export interface CallerClocks {
  unixMillis(): number;
  monotonicSeconds(): number;
}

const BOOT_ATTEMPTS = 5;
const ONE_MOMENT_SECONDS = 0.001;

/** Throws HostError if `procRoot` holds no processes. */
export function openHost(procRoot: string, caller: CallerClocks): Host {
  checkProcRoot(procRoot);
  const showsOwn = pidNamespaceOf(procRoot) === 'own';
  const loaded = showsOwn
    ? loadKernelClocks()
    : `${procRoot} shows another PID namespace than this program's own`;
  const clocks = typeof loaded === 'string' ? null : loaded;
  return {
    procRoot,
    ...readKernelUnits(),
    boot: readBootTime(procRoot, clocks, caller),
    clocks,
    clocksMissing: typeof loaded === 'string' ? loaded : null,
    taskTurnover: showsOwn ? openTaskTurnover(procRoot) : null,
    ownPid: showsOwn ? process.pid : null,
    descriptorLimit: readDescriptorLimit(),
  };
}

function readBootTime(procRoot: string, clocks: KernelClocks | null, caller: CallerClocks): BootTime {
  let boot = { unixMillis: Number.NaN, monotonicSeconds: Number.NaN };
  // On a busy machine much time may pass between two clocks.
  for (let attempt = 0; attempt < BOOT_ATTEMPTS; attempt++) {
    const before = caller.monotonicSeconds();
    const upSeconds = clocks?.readBootSeconds() ?? readUptimeSeconds(procRoot);
    const unixMillis = caller.unixMillis();
    const monotonicSeconds = caller.monotonicSeconds();
    boot = { unixMillis: unixMillis - upSeconds * 1000, monotonicSeconds: monotonicSeconds - upSeconds };
    if (monotonicSeconds - before < ONE_MOMENT_SECONDS) break;
  }
  return boot;
}

function checkProcRoot(procRoot: string): void {
  const shown = printable(procRoot);
  let holdsProcesses: boolean;
  try {
    closeSync(openSync(procRoot, constants.O_RDONLY | constants.O_DIRECTORY));
    // To list thousands of processes takes long, and PID 1 is always there, unless it is hidden.
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
