import { FilledCgroup } from './filled-cgroup.ts';

/** Which processes are to be there. */
export interface PopulationPlan {
  readonly processes: number;
  /** One in so many works a little in every sampling interval; 0: all sleep. */
  readonly busyEvery: number;
  /** Cgroups that they are in, the same number in each; 1 if not given. */
  readonly units?: number;
}

/** Shorter than the sampling interval, so that a busy process runs between any two samples. */
const PERIOD_MILLIS = 400;

/** Starts a population; rejects where no cgroup can be made (not root, no v2 tree). */
export function startPopulation(program: string, plan: PopulationPlan): Promise<FilledCgroup> {
  return FilledCgroup.fill([program], [plan.processes, plan.busyEvery, PERIOD_MILLIS, plan.units ?? 1]);
}

/** Matches the units of a population that is in several. */
export const UNITS_PATTERN = 'bench@*';

/** Paths of the cgroups that a population is in. */
export function cgroupsOf({ path }: FilledCgroup, { units = 1 }: PopulationPlan): readonly string[] {
  return units === 1 ? [path] : Array.from({ length: units }, (_, index) => `${path}/bench@${index}.service`);
}
