import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { NODE_FLAGS } from '../scripts/build.ts';
import type { ContenderPlan } from './contender.ts';
import { measureCosts, type Timing } from './cost.ts';
import { type PopulationPlan, startPopulation } from './population.ts';
import { ratioOf, type Spread, spreadOf } from './spread.ts';
import type { StageSplit } from './stage.ts';

/** Seconds between two samples: the program's default. */
const INTERVAL_SECONDS = 0.5;
/** Seconds between two exports: the program's default. */
const EXPORT_SECONDS = 10;

/** What a scenario is measured with. */
export interface Bench {
  readonly unitledger: string;
  readonly floor: string;
  readonly population: string;
  /** `http://…`, where exports go. */
  readonly collector: string;
}

/** One contender in one scenario. */
interface Figure {
  readonly contender: string;
  /** CPU microseconds per process and sample. */
  readonly micros: Spread;
  /** Over the paced floor of the same turn. */
  readonly overFloor: Spread;
}

export interface ScenarioResult {
  readonly plan: PopulationPlan;
  readonly figures: readonly Figure[];
  /** The ledger and the totals over sampling, of the same ticks. */
  readonly ledgerShare: Spread;
}

const STAGE = join(import.meta.dirname, 'stage.ts');
export const FLOOR = 'C floor';
const FLOOR_UNPACED = 'C floor, without a pause';
export const SAMPLING = 'sampling';
const LEDGER = 'sampling, ledger, totals';
const WHOLE = 'whole program, no export';
const WHOLE_OTLP = 'whole program, OTLP every 10 s';

/** Measures everything on one population. */
export async function measureScenario(
  bench: Bench,
  plan: PopulationPlan,
  timing: Timing,
): Promise<ScenarioResult> {
  const population = await startPopulation(bench.population, plan);
  try {
    const unpaced = floorWithoutPause(bench, population.procs, timing.repeats);
    const plans = contendersOn(bench, population.path, population.procs);
    const { seconds, reports } = await measureCosts(plans, timing);
    const samples = (plan.processes * timing.sliceSeconds) / INTERVAL_SECONDS;
    const floor = seconds.get(FLOOR)!;
    const figures = [...seconds].map(([contender, slices]) => ({
      contender,
      micros: spreadOf(slices.map((cost) => (cost / samples) * 1e6)),
      overFloor: ratioOf(slices, floor),
    }));
    const paced = floor.map((cost) => (cost / samples) * 1e6);
    const back = {
      contender: FLOOR_UNPACED,
      micros: spreadOf(unpaced),
      overFloor: ratioOf(unpaced, paced),
    };
    const split = JSON.parse(reports.get(LEDGER)!) as StageSplit;
    return { plan, figures: [back, ...figures], ledgerShare: shareOf(split, timing) };
  } finally {
    await population.end();
  }
}

/** By as many parts of the ticks after the warm-up as there were repeats. */
function shareOf({ samplingNanos, ledgerNanos }: StageSplit, { warmUpSeconds, repeats }: Timing): Spread {
  const first = Math.floor(warmUpSeconds / INTERVAL_SECONDS);
  const part = Math.floor((samplingNanos.length - first) / repeats);
  const sums = (nanos: readonly number[]) =>
    Array.from({ length: repeats }, (_, index) =>
      nanos.slice(first + index * part, first + (index + 1) * part).reduce((sum, value) => sum + value, 0),
    );
  return ratioOf(sums(ledgerNanos), sums(samplingNanos));
}

/** The program's command line on a cgroup, after that of Node and its flags. */
export function programOn(bench: Bench, cgroup: string, exporter: 'none' | 'otlp'): [string, ...string[]] {
  const options = [
    '--cgroup',
    cgroup,
    '--interval',
    `${INTERVAL_SECONDS}`,
    '--summary',
    'none',
    '--export',
    exporter,
  ];
  return [bench.unitledger, ...options, '--export-interval', `${EXPORT_SECONDS}`];
}

/** The environment that has the program export to the bench's own collector. */
export function environmentOf(bench: Bench): Readonly<Record<string, string>> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: bench.collector };
}

function contendersOn(bench: Bench, cgroup: string, procs: string): ContenderPlan[] {
  const node = process.execPath;
  const interval = `${INTERVAL_SECONDS}`;
  return [
    { name: FLOOR, argv: [bench.floor, procs, interval, '0'] },
    { name: SAMPLING, argv: [node, ...NODE_FLAGS, STAGE, 'sampling', cgroup, interval] },
    { name: LEDGER, argv: [node, ...NODE_FLAGS, STAGE, 'ledger', cgroup, interval], reports: true },
    { name: WHOLE, argv: [node, ...NODE_FLAGS, ...programOn(bench, cgroup, 'none')] },
    {
      name: WHOLE_OTLP,
      argv: [node, ...NODE_FLAGS, ...programOn(bench, cgroup, 'otlp')],
      environment: environmentOf(bench),
    },
  ];
}

/** Microseconds per process and round, in each of some runs of half a million reads. */
function floorWithoutPause(bench: Bench, procs: string, repeats: number): number[] {
  return Array.from({ length: repeats }, () => {
    const said = execFileSync(bench.floor, [procs, '0', '200'], { encoding: 'utf8' });
    const { processes, rounds, cpuSeconds } = JSON.parse(said) as Record<string, number>;
    return (cpuSeconds! / processes! / rounds!) * 1e6;
  });
}
