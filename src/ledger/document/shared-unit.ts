import type { RunUnit } from './run-document.ts';

/** Whether a row is no unit, but the CPU of removed cgroups of a slice that cannot be assigned to any. */
export function isShared({ instances, cpu }: Pick<RunUnit, 'instances' | 'cpu'>): boolean {
  return instances === 0 && cpu.sharedSeconds !== null && cpu.sharedSeconds > 0;
}
