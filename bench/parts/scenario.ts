import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  type Bench,
  benchesAgainst,
  environmentOf,
  INTERVAL_SECONDS,
  otherNamed,
  programOn,
  withNode,
} from '../bench.ts';
import type { ContenderPlan } from '../contender.ts';
import { measureCosts, type Timing } from '../cost.ts';
import { listOfProcesses } from '../filled-cgroup.ts';
import { cgroupsOf, type PopulationPlan, startPopulation } from '../population.ts';
import { ratioOf, type Spread, spreadOf } from '../spread.ts';
import type { StageSplit } from '../stage.ts';

/** One contender in one scenario. */
interface Figure {
  readonly contender: string;
  /** CPU microseconds per process and sample. */
  readonly micros: Spread;
  /** Over the paced floor of the same turn. */
  readonly overFloor: Spread;
  /** CPU seconds from its start to the end of the warm-up; undefined for what did not run then. */
  readonly warmUpSeconds?: number;
}

export interface ScenarioResult {
  readonly plan: PopulationPlan;
  readonly figures: readonly Figure[];
  /** How long all ran side by side before they were measured. */
  readonly warmUpSeconds: number;
  /** The ledger and the totals over sampling, of the same ticks. */
  readonly ledgerShare: Spread;
}

const STAGE = join(import.meta.dirname, '../stage.ts');
export const FLOOR = 'C floor';
const FLOOR_UNPACED = 'C floor, without a pause';
export const SAMPLING = 'sampling';
const LEDGER = 'sampling, ledger, totals';
const WHOLE = 'whole program, no export';
export const WHOLE_OTLP = 'whole program, OTLP every 10 s';

/** V8 optimises a function after 400 calls, and many run once a tick: that takes 200 s. */
const WARM_UP_SECONDS = 240;

/** All, one in ten, or none of so many processes at work. */
export function activitiesOf(processes: number, units = 1): PopulationPlan[] {
  return [1, 10, 0].map((busyEvery) => ({ processes, busyEvery, units }));
}

/** Measures everything on one population after the other. */
export async function measureScenarios(
  bench: Bench,
  plans: readonly PopulationPlan[],
): Promise<readonly ScenarioResult[]> {
  const timing = {
    warmUpSeconds: WARM_UP_SECONDS,
    settleSeconds: 1,
    sliceSeconds: 10,
    repeats: bench.repeats,
  };
  const results = [];
  for (const plan of plans) results.push(await measureScenario(bench, plan, timing));
  return results;
}

async function measureScenario(bench: Bench, plan: PopulationPlan, timing: Timing): Promise<ScenarioResult> {
  const population = await startPopulation(bench.c.population, plan);
  try {
    const cgroups = cgroupsOf(population, plan);
    const list = listOfProcesses(cgroups, join(bench.folder, 'processes'));
    const { micros: unpaced, processes: inFloor } = floorWithoutPause(
      bench,
      list,
      plan.processes,
      timing.repeats,
    );
    const { seconds, warmUp, reports } = await measureCosts(contendersOn(bench, cgroups, list), timing);
    const rounds = timing.sliceSeconds / INTERVAL_SECONDS;
    // The floor reads fewer processes where there are not as many descriptors to be had.
    const microsOf = (contender: string) =>
      seconds
        .get(contender)!
        .map((cost) => (cost / rounds / (contender === FLOOR ? inFloor : plan.processes)) * 1e6);
    const paced = microsOf(FLOOR);
    const figures = [...seconds.keys()].map((contender) => {
      const micros = microsOf(contender);
      const overFloor = ratioOf(micros, paced);
      return { contender, micros: spreadOf(micros), overFloor, warmUpSeconds: warmUp.get(contender)! };
    });
    const back = { contender: FLOOR_UNPACED, micros: spreadOf(unpaced), overFloor: ratioOf(unpaced, paced) };
    const split = JSON.parse(reports.get(LEDGER)!) as StageSplit;
    const { warmUpSeconds } = timing;
    return { plan, figures: [back, ...figures], warmUpSeconds, ledgerShare: shareOf(split, timing) };
  } finally {
    await population.end();
  }
}

/** By repeat: the last ticks are those after the warm-up, in which a busy machine may have missed some. */
function shareOf(
  { samplingNanos, ledgerNanos }: StageSplit,
  { settleSeconds, sliceSeconds, repeats }: Timing,
): Spread {
  const part = Math.floor((settleSeconds + sliceSeconds) / INTERVAL_SECONDS);
  const first = Math.max(0, samplingNanos.length - repeats * part);
  const sums = (nanos: readonly number[]) =>
    Array.from({ length: repeats }, (_, index) =>
      nanos.slice(first + index * part, first + (index + 1) * part).reduce((sum, value) => sum + value, 0),
    );
  return ratioOf(sums(ledgerNanos), sums(samplingNanos));
}

function contendersOn(bench: Bench, cgroups: readonly string[], list: string): ContenderPlan[] {
  const interval = `${INTERVAL_SECONDS}`;
  return [
    { name: FLOOR, argv: [bench.c.floor, list, interval, '0'] },
    { name: SAMPLING, argv: withNode([STAGE, 'sampling', interval, ...cgroups]) },
    { name: LEDGER, argv: withNode([STAGE, 'ledger', interval, ...cgroups]), reports: true },
    { name: WHOLE, argv: withNode(programOn(bench, cgroups, { exporter: 'none' })) },
    {
      name: WHOLE_OTLP,
      argv: withNode(programOn(bench, cgroups, { exporter: 'otlp' })),
      environment: environmentOf(bench),
    },
    ...benchesAgainst(bench).map((other) => ({
      name: otherNamed(WHOLE_OTLP, other.unitledger),
      argv: withNode(programOn(other, cgroups, { exporter: 'otlp' })),
      environment: environmentOf(bench),
    })),
  ];
}

/** Microseconds per process and round in some runs of some hundred thousand reads, and how many processes it read. */
function floorWithoutPause(
  bench: Bench,
  list: string,
  count: number,
  repeats: number,
): { readonly micros: readonly number[]; readonly processes: number } {
  const some = `${Math.max(20, Math.ceil(200_000 / count))}`;
  const runs = Array.from({ length: repeats }, () => {
    const said = execFileSync(bench.c.floor, [list, '0', some], { encoding: 'utf8' });
    return JSON.parse(said) as { processes: number; rounds: number; cpuSeconds: number };
  });
  const micros = runs.map(({ processes, rounds, cpuSeconds }) => (cpuSeconds / processes / rounds) * 1e6);
  return { micros, processes: runs[0]!.processes };
}
