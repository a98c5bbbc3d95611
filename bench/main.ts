import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NODE_FLAGS } from '../scripts/build.ts';
import { startCollector } from './collector.ts';
import type { Timing } from './cost.ts';
import { measureExitRecords } from './exit-records.ts';
import type { FilledCgroup } from './filled-cgroup.ts';
import { describeMachine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { type PopulationPlan, startPopulation } from './population.ts';
import { buildPrograms } from './programs.ts';
import { type Results, renderResults } from './results.ts';
import { type Bench, environmentOf, measureScenario, programOn } from './scenario.ts';
import { measureStartUp } from './start-up.ts';

const usage = `npm run bench [-- --quick] [-- --output FILE]

Measures what the program costs, as ratios to what is measured beside it, and writes bench/RESULTS.md. Takes about 25
minutes on a machine that should do nothing else; with --quick, about 4 for the largest case alone. Needs root, cgroup
v2 and a C compiler; what is left out without them is said in the results.`;

/** How much is measured. */
interface Extent {
  readonly plans: readonly PopulationPlan[];
  readonly timing: Timing;
  readonly startUps: number;
  readonly memorySeconds: number;
}

const ALL_BUSY_1000 = { processes: 1000, busyEvery: 1 };
const FULL: Extent = {
  plans: [1000, 100].flatMap((processes) => [1, 10, 0].map((busyEvery) => ({ processes, busyEvery }))),
  timing: { warmUpSeconds: 20, settleSeconds: 1, sliceSeconds: 10, repeats: 3 },
  startUps: 15,
  memorySeconds: 30,
};
const QUICK: Extent = {
  plans: [ALL_BUSY_1000],
  timing: { warmUpSeconds: 10, settleSeconds: 1, sliceSeconds: 10, repeats: 2 },
  startUps: 5,
  memorySeconds: 30,
};

/** Trade CPU for memory, beside the program's own flags. */
const LEAN_ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };
const LEAN_FLAGS = [...NODE_FLAGS, '--v8-pool-size=0', '--no-maglev'];

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

async function measureAll(
  bench: Bench,
  extent: Extent,
  machine: Results['machine'],
  command: string,
): Promise<Results> {
  const scenarios = [];
  for (const plan of extent.plans) {
    say(`${plan.processes} processes, busy: ${plan.busyEvery === 0 ? 'none' : `1 in ${plan.busyEvery}`}`);
    scenarios.push(await measureScenario(bench, plan, extent.timing));
  }
  const startUps = [];
  for (const processes of [100, 1000]) {
    say(`start-up, ${processes} processes`);
    const measure = ({ path: cgroup }: FilledCgroup) =>
      measureStartUp(programOn(bench, cgroup, 'otlp'), environmentOf(bench), extent.startUps);
    startUps.push({ processes, ...(await withPopulation(bench, { processes, busyEvery: 0 }, measure)) });
  }
  say(`memory, after ${extent.memorySeconds} s`);
  const memory = await withPopulation(bench, ALL_BUSY_1000, (population) =>
    measureMemoryOf(bench, population, extent),
  );
  say('exit records');
  const exitRecords = await measureExitRecords(bench.population, extent.timing.repeats);
  const { memorySeconds } = extent;
  return { machine, command, leftOut: [], scenarios, startUps, memory, memorySeconds, exitRecords };
}

function measureMemoryOf(bench: Bench, { path: cgroup }: FilledCgroup, { memorySeconds }: Extent) {
  const node = process.execPath;
  const program = programOn(bench, cgroup, 'otlp');
  const environment = environmentOf(bench);
  const lean = { ...environment, ...LEAN_ENVIRONMENT };
  const allocator = Object.entries(LEAN_ENVIRONMENT).map((entry) => entry.join('='));
  return measureMemory(
    [
      { name: 'bare Node (`setInterval` alone)', argv: [node, '-e', 'setInterval(() => {}, 500)'] },
      { name: 'whole program, OTLP', argv: [node, ...NODE_FLAGS, ...program], environment },
      { name: 'whole program, no export', argv: [node, ...NODE_FLAGS, ...programOn(bench, cgroup, 'none')] },
      {
        name: `whole program, OTLP, ${allocator.join(' ')}`,
        argv: [node, ...NODE_FLAGS, ...program],
        environment: lean,
      },
      {
        name: `whole program, OTLP, ${[...LEAN_FLAGS, ...allocator].join(' ')}`,
        argv: [node, ...LEAN_FLAGS, ...program],
        environment: lean,
      },
      { name: 'whole program, OTLP, no flags', argv: [node, ...program], environment },
    ],
    memorySeconds,
  );
}

async function withPopulation<T>(
  bench: Bench,
  plan: PopulationPlan,
  measure: (population: FilledCgroup) => Promise<T>,
): Promise<T> {
  const population = await startPopulation(bench.population, plan);
  try {
    return await measure(population);
  } finally {
    await population.end();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      output: { type: 'string', default: join(import.meta.dirname, 'RESULTS.md') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const command = `npm run bench${values.quick ? ' -- --quick' : ''}`;
  const programs = await buildPrograms();
  const machine = describeMachine(programs.compiler);
  try {
    const missing = programs.missing ?? (await whyNoPopulation(programs.c!.population));
    const results =
      missing !== undefined
        ? nothing(missing, machine, command)
        : await withCollector((collector) =>
            measureAll(
              { unitledger: programs.unitledger, ...programs.c!, collector },
              values.quick ? QUICK : FULL,
              machine,
              command,
            ),
          );
    const text = renderResults(results);
    writeFileSync(values.output, text);
    console.log(text);
  } finally {
    programs.remove();
  }
}

async function withCollector<T>(measure: (url: string) => Promise<T>): Promise<T> {
  const collector = await startCollector();
  try {
    return await measure(collector.url);
  } finally {
    await collector.end();
  }
}

async function whyNoPopulation(program: string): Promise<string | undefined> {
  try {
    await (await startPopulation(program, { processes: 1, busyEvery: 0 })).end();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Without the C programs there is nothing to measure, and nothing to compare with. */
function nothing(why: string, machine: Results['machine'], command: string): Results {
  const measured = { scenarios: [], startUps: [], memory: [], memorySeconds: 0, exitRecords: null };
  return { machine, command, leftOut: [why], ...measured };
}

await main().catch((error: Error) => {
  if (error.name !== 'AbortError') throw error;
  say('interrupted: nothing is written, and all that was started has ended');
  process.exitCode = 1;
});
