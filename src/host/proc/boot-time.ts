import { readFileSync } from 'node:fs';

/**
 * When the host was booted, on this program's two clocks, so that a start time in ticks since boot becomes a time.
 * Taken once a run and kept: the kernel's own boot time jitters as the wall clock is adjusted.
 */
export interface BootTime {
  /** Unix milliseconds. */
  readonly unixMillis: number;
  /** On the monotonic clock of the caller; before its zero, so negative as a rule. */
  readonly monotonicSeconds: number;
}

/**
 * From `/proc/uptime` (proc_uptime(5); to 10 ms) at the given readings of the two clocks. A tree of files that has
 * no uptime counts from now.
 */
export function readBootTime(procRoot: string, nowUnixMillis: number, nowMonotonicSeconds: number): BootTime {
  const uptimeSeconds = readUptimeSeconds(procRoot);
  return {
    unixMillis: nowUnixMillis - uptimeSeconds * 1000,
    monotonicSeconds: nowMonotonicSeconds - uptimeSeconds,
  };
}

function readUptimeSeconds(procRoot: string): number {
  try {
    const seconds = Number(readFileSync(`${procRoot}/uptime`, 'latin1').split(' ', 1)[0]);
    return Number.isFinite(seconds) ? seconds : 0;
  } catch {
    // Only trees of saved files lack it, and their start times mean nothing on this machine's clocks.
    return 0;
  }
}
