import { FilledCgroup } from './filled-cgroup.ts';

/** Which processes are to be there. */
export interface PopulationPlan {
  readonly processes: number;
  /** One in so many works a little in every sampling interval; 0: all sleep. */
  readonly busyEvery: number;
}

/** Shorter than the sampling interval, so that a busy process runs between any two samples. */
const PERIOD_MILLIS = 400;

/** Starts a population; rejects where no cgroup can be made (not root, no v2 tree). */
export function startPopulation(program: string, plan: PopulationPlan): Promise<FilledCgroup> {
  return FilledCgroup.fill([program], [plan.processes, plan.busyEvery, PERIOD_MILLIS]);
}
