/** `btime` of `/proc/stat` (proc_stat(5)): seconds since the epoch at which the host was booted; null where it is not there. */
export function parseBootTime(stat: string): number | null {
  const [, seconds] = /^btime (\d{1,15})$/m.exec(stat) ?? [];
  return seconds === undefined ? null : Number(seconds);
}
