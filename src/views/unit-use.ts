import type { RunUnit } from '../ledger/document/run-document.ts';

/** CPU seconds of a unit: by its cgroup, or by its processes without a counter. */
export function unitCpuSeconds({ cpu }: Pick<RunUnit, 'cpu'>): number {
  return cpu.totalSeconds ?? cpu.attributedSeconds;
}

/** Whether the unit was present at any time, or left CPU. Otherwise it has no numbers. */
export function wasSeen({ instances, cpu }: Pick<RunUnit, 'instances' | 'cpu'>): boolean {
  return instances > 0 || (cpu.totalSeconds ?? 0) > 0;
}
