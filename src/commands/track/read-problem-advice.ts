import { type ExhaustedLimit, exhaustedLimit } from '../../host/exhausted.ts';
import type { ReadProblem } from '../../sampling/read-problems.ts';

/** Reason and fix, by the limit that was reached at the time of the failure. */
const EXHAUSTED: Readonly<Record<ExhaustedLimit | 'memory', string>> = {
  process:
    'no file descriptor left; raise the limit of open files (LimitNOFILE= in a unit, --ulimit nofile= for a container, ulimit -n in a shell)',
  system: 'the machine can open no more files; raise sysctl fs.file-max',
  memory: 'the kernel had no memory or descriptor left for a moment',
};

/** One sentence on a kind of failed read: the missing metrics and the fix. Logged once per run. */
export function adviceOn({ file, failure, pid }: ReadProblem): string {
  const whose = pid === null ? '' : ` (first seen on PID ${pid})`;
  if (failure === 'denied' && file === 'io') {
    return `disk and transfer of some processes are absent: reading /proc/PID/io was refused${whose}; it needs CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH for other users' processes, and no AppArmor profile that denies ptrace`;
  }
  if (failure === 'denied' && (file === 'smaps_rollup' || file === 'fd')) {
    return `some of --process-details are absent: reading /proc/PID/${file} was refused${whose}; it needs CAP_SYS_PTRACE, and no AppArmor profile that denies ptrace`;
  }
  if (failure === 'denied') {
    return `some processes cannot be read: /proc/PID/${file} was refused${whose}; if the host mounts /proc with hidepid, run as root with CAP_SYS_PTRACE`;
  }
  if (failure === 'exhausted') {
    return `cannot read ${file}${whose}: ${EXHAUSTED[exhaustedLimit() ?? 'memory']}`;
  }
  if (failure === 'malformed') return `${file}${whose} has an unexpected format; its metrics are absent`;
  return `this kernel has no ${file}${whose}; its metrics are absent`;
}
