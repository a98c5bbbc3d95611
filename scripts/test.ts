import { globSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { spec, type TestEvent } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { runTestFiles } from './test-files.ts';

const usage = `npm test [-- PATH...] [--test-name-pattern REGEX] [--fast]

Runs the files under test/ with Node's own runner, one more at a time than there are cores, because many wait: first unit
tests, many of them in one process, then those of test/end-to-end/. Then, one for each core, end-to-end files that measure within
narrow limits; last, one at a time, those that load every core. PATH is part of a file's path: "ledger",
"test/host/proc". --fast (\`npm run test:fast\`) leaves out files that need root, other programs, a network or the live kernel.
Files that take minutes to set up run only if the whole path is given: \`npm run test:image\`, \`npm run test:image-arm64\`,
\`npm run test:cluster\`, \`npm run test:node\`, \`npm run test:vm\`.`;

/** Run only when named whole: each is a command of its own. */
const onRequest = [
  'test/deploy/image.test.ts',
  'test/deploy/image-arm64.test.ts',
  'test/deploy/cluster.test.ts',
  'test/deploy/node.test.ts',
  'test/end-to-end/vm/controllers.test.ts',
];

const endToEndFile = (name: string) => `test/end-to-end/${name}.test.ts`;

/** End-to-end files that compare times or CPU within narrow limits: one for each core at a time. */
const measuring = ['backends/panels', 'backends/incidents', 'program/times'].map(endToEndFile);

/** End-to-end files that load every core, or set the next PID of the machine, so that nothing else may run. */
const alone = ['program/coming-units', 'program/conservation', 'program/reused-pids'].map(endToEndFile);

/** End-to-end files that take longest. They start first, so that the phase does not end with one of them alone. */
const longest = [
  'backends/delivery',
  'bench/bench',
  'program/units',
  'program/interrupted',
  'page/report',
  'systemd/lab',
  'program/degraded',
  'program/limits',
  'program/outages',
].map(endToEndFile);

/** The path of the data, bottom first: the first failure is then the nearest to its cause. */
const order = ['text', 'host', 'discovery', 'sampling', 'ledger', 'telemetry', 'views', 'config', 'commands'];

/** Unit tests that need nothing but Node run in so many processes for each core. */
const GROUPS_PER_CORE = 4;

/** So many files are listed at the end, with the time that each took. */
const SLOWEST = 15;

/** Passed to Node for every test file: samples that are used after their ticks throw. */
const execArgv = ['--import', new URL('../test/setup.ts', import.meta.url).href];

/** Longest time of a file, in seconds. The first end-to-end file makes a root file system first, where there is none yet. */
const longestSeconds = { unit: 3 * 60, endToEnd: 8 * 60, onRequest: 15 * 60 };

interface Phase {
  /** The files of a group run in one process. */
  readonly groups: readonly (readonly string[])[];
  /** So many groups run at a time. */
  readonly concurrency: number;
}

const root = new URL('..', import.meta.url).pathname;
const { paths, namePatterns, fast } = readCommandLine();
const files = globSync('test/**/*.test.ts', { cwd: root }).filter(wanted).sort(byRoom);
if (files.length === 0)
  fail(`No test file has ${paths.map((path) => `"${path}"`).join(' or ')} in its path.`);

// Stripping types and compiling is most of what a small test file and a start of the program cost.
process.env.NODE_COMPILE_CACHE ??= `${root}node_modules/.cache/compiled`;

const cores = availableParallelism();
const endToEnd = files.filter(isEndToEnd);
const beside = endToEnd.filter((file) => ![...longest, ...measuring, ...alone].includes(file));
const units = files.filter((file) => !isEndToEnd(file));
const phases: readonly Phase[] = [
  {
    groups: [
      // A process for each file costs more than most of these tests.
      ...dealOut(units.filter(mayShareProcess), GROUPS_PER_CORE * cores),
      ...each(units.filter((file) => !mayShareProcess(file))),
      ...each([...longest.filter((file) => endToEnd.includes(file)), ...beside]),
    ],
    // Many wait: for samples, windows, and programs that start.
    concurrency: cores + 1,
  },
  { groups: each(measuring.filter((file) => endToEnd.includes(file))), concurrency: cores },
  { groups: each(alone.filter((file) => endToEnd.includes(file))), concurrency: 1 },
];
if (endToEnd.length > 0) process.env.PROGRAM_UNDER_TEST = await bundleProgram();
await runAll(phases);

function each(files: readonly string[]): string[][] {
  return files.map((file) => [file]);
}

/** The bundle of the program that end-to-end tests run: it starts with half the CPU of the sources. Removed at the end. */
async function bundleProgram(): Promise<string> {
  const outdir = `${root}node_modules/.cache/program-${process.pid}`;
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  const { build } = await import('./build.ts');
  await build({ entry: `${root}src/main.ts`, outdir, sourceMap: false });
  return `${outdir}/unitledger.mjs`;
}

function longestSecondsOf(file: string): number {
  if (onRequest.includes(file)) return longestSeconds.onRequest;
  return isEndToEnd(file) ? longestSeconds.endToEnd : longestSeconds.unit;
}

/** Files in so many groups, neighbours in different ones. */
function dealOut(files: readonly string[], count: number): string[][] {
  const groups = Array.from({ length: count }, (_, at) => files.filter((_, place) => place % count === at));
  return groups.filter((group) => group.length > 0);
}

/**
 * Runs the phases one after the other into one reporter. Each run closes with a list of failures and totals of its
 * own; those are kept back, and the output ends with the list and the totals of all, in the runner's own form.
 */
async function runAll(phases: readonly Phase[]): Promise<void> {
  const reporter = new spec();
  const written = finished(reporter);
  reporter.pipe(process.stdout);
  const totals = new Map<string, number>();
  const seconds = new Map<string, number>();
  let success = true;
  let summary: TestEvent | undefined;
  const startedAt = performance.now();
  for (const phase of phases) await runPhase(phase);
  totals.set('duration_ms', performance.now() - startedAt);
  // Any of the summaries makes the reporter list the failures of all runs.
  reporter.write(summary);
  const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
  if (seconds.size > 1) for (const [file, took] of slowest) diagnose(`${took.toFixed(1)} s: ${file}`);
  for (const [name, value] of totals) diagnose(`${name} ${Number(value.toFixed(3))}`);
  reporter.end();
  await written;
  // A file that was aborted may have left a process that holds its pipes open.
  process.exit(success ? 0 : 1);

  async function runPhase(phase: Phase): Promise<void> {
    const waiting = [...phase.groups];
    const worker = async () => {
      for (let group = waiting.shift(); group !== undefined; group = waiting.shift())
        count(await runGroup(group));
    };
    await Promise.all(Array.from({ length: phase.concurrency }, worker));
  }

  /** Reports what was kept back, and adds it up. */
  function count(ran: Ran): void {
    for (const event of ran.events) reporter.write(event);
    for (const [name, value] of ran.totals) totals.set(name, (totals.get(name) ?? 0) + value);
    success &&= ran.success;
    summary = ran.summary ?? summary;
  }

  function diagnose(message: string): void {
    reporter.write({ type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } });
  }

  /** Runs a group. Its report is held back: those of groups side by side must not mix. */
  async function runGroup(group: readonly string[]): Promise<Ran> {
    const ran: Ran = { success: false, events: [], totals: new Map(), summary: undefined };
    const paths = group.map((file) => root + file);
    const what = paths.length === 1 ? { files: paths } : { files: [`${root}test/together.ts`], argv: paths };
    const testSeconds = Math.max(...group.map(longestSecondsOf));
    for await (const event of runTestFiles({ cwd: root, ...what, namePatterns, testSeconds, execArgv })) {
      const total = readTotal(event);
      const took = group.length === 1 ? secondsOfFile(event) : secondsOfTest(event);
      if (took !== undefined) seconds.set(took.file, (seconds.get(took.file) ?? 0) + took.seconds);
      if (event.type === 'test:summary' && event.data.file === undefined) {
        ran.summary = event;
        ran.success = event.data.success;
      } else if (total) ran.totals.set(total.name, total.value);
      else ran.events.push(event);
    }
    return ran;
  }
}

/** What a file that has a process of its own took; undefined for any event but its last. */
function secondsOfFile(event: TestEvent): { readonly file: string; readonly seconds: number } | undefined {
  if (event.type !== 'test:summary' || event.data.file === undefined) return undefined;
  return { file: relative(root, event.data.file), seconds: event.data.duration_ms / 1000 };
}

/** What a test on the top level of a file took; undefined for any other event. */
function secondsOfTest(event: TestEvent): { readonly file: string; readonly seconds: number } | undefined {
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return undefined;
  const { nesting, file, details } = event.data;
  if (nesting > 0 || file === undefined) return undefined;
  return { file: relative(root, file), seconds: details.duration_ms / 1000 };
}

interface Ran {
  success: boolean;
  /** Not reported yet. */
  readonly events: TestEvent[];
  readonly totals: Map<string, number>;
  summary: TestEvent | undefined;
}

/** `tests 12`, said of a whole phase, as name and value; undefined for any other event. */
function readTotal(event: TestEvent): { name: string; value: number } | undefined {
  if (event.type !== 'test:diagnostic' || event.data.file !== undefined) return undefined;
  const total = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;
  const match = total.exec(event.data.message);
  return match ? { name: match[1]!, value: Number(match[2]) } : undefined;
}

function wanted(file: string): boolean {
  if (fast && !isFast(file)) return false;
  if (onRequest.includes(file)) return paths.includes(file);
  return paths.length === 0 || paths.some((path) => file.includes(path));
}

/** Whether a file's tests take nothing but Node: they start no program and are never skipped. */
function isFast(file: string): boolean {
  if (isEndToEnd(file) || file.startsWith('test/deploy/')) return false;
  const needsMore = /from '(node:child_process|.*\/(skip|real-cgroups|compiled)\.ts)'|openHost\(/;
  return !needsMore.test(readFileSync(`${root}${file}`, 'utf8'));
}

/** Whether a file may run in one process with others: hooks on its top level would run for the tests of all. */
function mayShareProcess(file: string): boolean {
  return isFast(file) && !/^(before|after)(Each)?\(/m.test(readFileSync(`${root}${file}`, 'utf8'));
}

function isEndToEnd(file: string): boolean {
  return file.startsWith('test/end-to-end/');
}

function byRoom(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function rank(file: string): number {
  const place = order.indexOf(file.split('/')[1]!);
  return place < 0 ? order.length : place;
}

function readCommandLine(): { paths: string[]; namePatterns: string[]; fast: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        'test-name-pattern': { type: 'string', multiple: true },
        fast: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    return {
      paths: positionals.map((path) => relative('.', path)),
      namePatterns: values['test-name-pattern'] ?? [],
      fast: values.fast ?? false,
    };
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
