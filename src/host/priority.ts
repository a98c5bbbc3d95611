import { getPriority, setPriority } from 'node:os';

/** Enough to run before what keeps a machine busy, and to read the last counters of a cgroup before it is removed. */
const RAISED = -10;

/**
 * Sets the nice value of the main thread (setpriority(2)), which samples; what is spawned later inherits it. `wanted`
 * undefined: raises the priority, unless the program was started with another than 0. Returns why it stays as it is (an
 * errno such as EACCES), or null.
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
