import { readFileSync } from 'node:fs';

/** Seconds since boot, cut down to 10 ms (proc_uptime(5)). A tree of saved files that has no `uptime` gives 0. */
export function readUptimeSeconds(procRoot: string): number {
  try {
    const seconds = Number(readFileSync(`${procRoot}/uptime`, 'latin1').split(' ', 1)[0]);
    return Number.isFinite(seconds) ? seconds : 0;
  } catch {
    // Start times in such a tree mean nothing on this machine's clocks anyway.
    return 0;
  }
}
