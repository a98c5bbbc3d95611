import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { NODE_FLAGS } from '../../scripts/build.ts';
import { type Bench, benchesAgainst, environmentOf, programOn } from '../bench.ts';
import { startPopulation } from '../population.ts';
import { wait } from '../wait.ts';

/** What the program logs, at level debug, right after its first sample. */
const MARK = '"msg":"first sample"';
/** Nothing takes this long to start. */
const PATIENCE_SECONDS = 10;

/** Milliseconds from the start of a process, in turns. */
interface StartUp {
  /** To the program's first sample; empty where it never said that it took one. */
  readonly firstSample: readonly number[];
  /** To the end of `node -e 0`. */
  readonly bareNode: readonly number[];
}

/** What was measured with so many processes. */
export interface StartUpResult extends StartUp {
  readonly processes: number;
  /** The path of the bundle if it was one of the other bundles, else null. */
  readonly other: string | null;
}

export async function measureStartUps(bench: Bench): Promise<readonly StartUpResult[]> {
  const results = [];
  for (const processes of [100, 1000]) {
    const population = await startPopulation(bench.c.population, { processes, busyEvery: 0 });
    try {
      for (const measured of [bench, ...benchesAgainst(bench)]) {
        const program = programOn(measured, [population.path], { exporter: 'otlp' });
        const startUp = await measureStartUp(program, environmentOf(bench), bench.quick ? 5 : 15);
        results.push({ processes, other: measured === bench ? null : measured.unitledger, ...startUp });
      }
    } finally {
      await population.end();
    }
  }
  return results;
}

/** Starts the program and a bare Node in turns. */
async function measureStartUp(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  repeats: number,
): Promise<StartUp> {
  const firstSample: number[] = [];
  const bareNode: number[] = [];
  // The first of each fills the page cache and does not count.
  for (let repeat = -1; repeat < repeats; repeat++) {
    const bare = await millisToExit();
    const first = await millisToMark(argv, environment);
    if (first === undefined) return { firstSample: [], bareNode: [bare] };
    if (repeat < 0) continue;
    bareNode.push(bare);
    firstSample.push(first);
    await wait(0.2);
  }
  return { firstSample, bareNode };
}

async function millisToExit(): Promise<number> {
  const start = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - start;
}

async function millisToMark(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const start = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, ...argv, '--log-level', 'debug', '--duration', '1'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_SECONDS * 1000);
  let millis: number | undefined;
  for await (const line of createInterface(child.stderr)) {
    if (millis !== undefined || !line.includes(MARK)) continue;
    millis = performance.now() - start;
    child.kill('SIGTERM');
  }
  await exited;
  clearTimeout(late);
  return millis;
}
