import { getPriority, setPriority } from 'node:os';

/**
 * Sufficient to run before the processes that keep a machine busy, and to read the last counters of a cgroup before it
 * is removed.
 */
const RAISED = -10;

/**
 * Sets the nice value of the main thread (setpriority(2)), which samples; processes spawned later inherit it. If
 * `wanted` is undefined, raises the priority, unless unitledger was started with a nice value other than 0. Returns the
 * reason why it stays unchanged (an errno such as EACCES), or null.
 */
export function setNice(wanted: number | undefined): string | null {
  if (wanted === undefined && getPriority() !== 0) return null;
  try {
    setPriority(wanted ?? RAISED);
    return null;
  } catch (error) {
    return String(
      (error as { readonly info?: NodeJS.ErrnoException }).info?.code ?? (error as Error).message,
    );
  }
}
