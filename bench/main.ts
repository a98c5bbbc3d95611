import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';
import { startCollector } from './collector.ts';
import { HOST_LOADS, type HostLoad, loadHost } from './host-load.ts';
import { describeMachine } from './machine.ts';
import { PART_NAMES, PARTS, type PartName, QUICK_PARTS, REPEATS } from './parts/parts.ts';
import { startPopulation } from './population.ts';
import { buildPrograms, type Programs } from './programs.ts';
import { resultsPage, resultsPlots } from './report/page.ts';
import { readParts, type Stored, writePart } from './report/stored.ts';
import { writePage } from './report/write-page.ts';
import { writeSoak } from './soak/page.ts';
import type { SoakRecord } from './soak/record.ts';
import { typedCommand } from './typed-command.ts';

const usage = `npm run bench [-- --quick] [-- --only PART]... [-- --repeats N] [-- --host LOAD] [-- --output FOLDER]
                 [-- --write] [-- --against BUNDLE]...

Measures the cost of unitledger, and other programs in the same run for comparison. Writes the results of each part to
data/PART.json in FOLDER (bench/), and then all stored results to RESULTS.md and plots/. Takes about two hours on a
machine without other work. --quick takes about 40 minutes and measures only the parts with goals. --only measures one part, for
example after an interruption: ${PART_NAMES.join(', ')}. --write measures nothing and only writes RESULTS.md and plots/.
Needs root, cgroup v2, a C compiler, and the programs that npm run bench:install-peers installs; the results list the parts
that were left out.

--host sets the other load of the machine: live (the default: 20 processes per second start and end in an untracked
cgroup), quiet (none), or busy (as live, with four busy loops; results go to FOLDER/busy).

--against measures another bundle in the same turns, for example dist/unitledger.mjs of an earlier checkout. Only the parts
cost-*, memory and start-up measure it; results go to FOLDER/against.`;

interface Plan {
  readonly parts: readonly PartName[];
  readonly quick: boolean;
  /** Undefined: as many as each part is to have. */
  readonly repeats: number | undefined;
  readonly host: HostLoad;
  readonly output: string;
  readonly against: readonly string[];
  readonly command: string;
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

async function measure({ parts, quick, repeats, host, output, against, command }: Plan): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const programs = await buildPrograms();
  cleanUp.defer(() => programs.remove());
  const collector = await startCollector();
  cleanUp.defer(() => collector.end());
  const missing = await whyNothing(programs);
  await using _load = missing === undefined ? await loadHost(host, programs.c!.churn) : null;
  for (const part of parts) {
    say(part);
    const machine = describeMachine(programs.compiler, host);
    const start = performance.now();
    const keep = (result: unknown, leftOut: string | null) => {
      const minutes = (performance.now() - start) / 60_000;
      writePart(output, part, { command, machine, minutes, result, leftOut } satisfies Stored<unknown>);
    };
    if (missing !== undefined) {
      keep(null, missing);
      continue;
    }
    const bench: Bench = {
      unitledger: programs.unitledger,
      against,
      c: programs.c!,
      collector: collector.url,
      folder: programs.folder,
      quick,
      repeats: repeats ?? (quick ? 1 : (REPEATS[part] ?? 1)),
    };
    try {
      keep(await PARTS[part](bench), null);
    } catch (error) {
      // The other parts are worth having; an interruption ends all of them.
      if ((error as Error).name === 'AbortError') throw error;
      const [sentence] = (error as Error).message.split('\n', 1);
      say(`${part}: ${(error as Error).stack}`);
      keep(null, sentence!);
      process.exitCode = 1;
    }
  }
}

/** Without the C programs, or a cgroup for them, there is nothing to measure, and nothing to compare with. */
async function whyNothing({ missing, c }: Programs): Promise<string | undefined> {
  if (missing !== undefined) return missing;
  try {
    await (await startPopulation(c!.population, { processes: 1, busyEvery: 0 })).end();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function write(folder: string): Promise<void> {
  const soak = join(folder, 'data/soak.json');
  const soaked = existsSync(soak) ? (JSON.parse(readFileSync(soak, 'utf8')) as SoakRecord) : undefined;
  if (soaked !== undefined) await writeSoak(folder, soaked);
  const parts = readParts(folder);
  const text = resultsPage(parts, soaked);
  await writePage(join(folder, 'RESULTS.md'), text, resultsPlots(parts));
  console.log(text);
}

function readPlan(): Plan | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      repeats: { type: 'string' },
      host: { type: 'string', default: HOST_LOADS[0] },
      output: { type: 'string', default: import.meta.dirname },
      write: { type: 'boolean', default: false },
      against: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return undefined;
  }
  const unknown = values.only?.find((name) => !(PART_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new RangeError(`--only is "${unknown}"; it takes ${PART_NAMES.join(', ')}.`);
  const repeats = values.repeats === undefined ? undefined : Number(values.repeats);
  if (repeats !== undefined && !(Number.isInteger(repeats) && repeats >= 1 && repeats <= 100)) {
    throw new RangeError(`--repeats is "${values.repeats}"; it takes a whole number from 1 to 100.`);
  }
  const host = HOST_LOADS.find((load) => load === values.host);
  if (host === undefined)
    throw new RangeError(`--host is "${values.host}"; it takes ${HOST_LOADS.join(', ')}.`);
  const all = values.quick ? QUICK_PARTS : PART_NAMES;
  const parts = values.write ? [] : ((values.only as PartName[] | undefined) ?? all);
  const command = typedCommand('bench', process.argv.slice(2));
  const missing = values.against.find((bundle) => !existsSync(bundle));
  if (missing !== undefined)
    throw new RangeError(`--against is "${missing}"; it takes the path of a bundle.`);
  const against = values.against.map((bundle) => resolve(bundle));
  // Values of a busy machine, or measured next to another bundle, do not count for the goals.
  const output = join(values.output, against.length === 0 ? '' : 'against', host === 'busy' ? host : '');
  return { parts, quick: values.quick, repeats, host, output, against, command };
}

try {
  const plan = readPlan();
  if (plan !== undefined) {
    if (plan.parts.length > 0) await measure(plan);
    await write(plan.output);
  }
} catch (error) {
  const { name, message, code } = error as Error & { code?: string };
  if (name === 'AbortError')
    say('interrupted: the results so far are stored; --only measures the remaining parts');
  else say(message);
  process.exitCode = error instanceof RangeError || code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
