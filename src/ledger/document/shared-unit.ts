import type { RunUnit } from './run-document.ts';

/** Whether a row is not a unit but CPU of removed cgroups of a slice that cannot be assigned to a unit. */
export function isShared({ instances, cpu }: Pick<RunUnit, 'instances' | 'cpu'>): boolean {
  return instances === 0 && cpu.sharedSeconds !== null && cpu.sharedSeconds > 0;
}
