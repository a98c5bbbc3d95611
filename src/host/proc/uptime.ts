import { readKernelText } from '../kernel-file.ts';

/** Seconds since boot, cut down to 10 ms (proc_uptime(5)). A tree of saved files that has no `uptime` gives 0. */
export function readUptimeSeconds(procRoot: string): number {
  const uptime = readKernelText(`${procRoot}/uptime`);
  // Start times in a tree without it mean nothing on this machine's clocks anyway.
  if (typeof uptime === 'string') return 0;
  const seconds = Number(uptime.text.split(' ', 1)[0]);
  return Number.isFinite(seconds) ? seconds : 0;
}
