import { type ExitRecordCost, exitRecordSection } from './exit-records.ts';
import { goalsOf } from './goals.ts';
import { table } from './markdown.ts';
import type { Memory } from './memory.ts';
import type { PopulationPlan } from './population.ts';
import { FLOOR, type ScenarioResult } from './scenario.ts';
import { ratioOf, shown, spreadOf } from './spread.ts';
import type { StartUp } from './start-up.ts';

/** Everything that a run measured. */
export interface Results {
  /** Names and values. */
  readonly machine: readonly (readonly [string, string])[];
  readonly command: string;
  /** What was not measured and why, a sentence each. */
  readonly leftOut: readonly string[];
  readonly scenarios: readonly ScenarioResult[];
  readonly startUps: readonly (StartUp & { readonly processes: number })[];
  /** The first is bare Node. */
  readonly memory: readonly Memory[];
  readonly memorySeconds: number;
  /** A sentence where there are none. */
  readonly exitRecords: ExitRecordCost | string | null;
}

const MEBIBYTE = 2 ** 20;

/** The results as Markdown. */
export function renderResults(results: Results): string {
  const { scenarios, startUps, memory, exitRecords } = results;
  const leftOut = [
    ...results.leftOut,
    ...(typeof exitRecords === 'string' ? [exitRecords] : []),
    ...startUps
      .filter(({ firstSample }) => firstSample.length === 0)
      .map(({ processes }) => `start-up with ${processes} processes: the program logged no "first sample"`),
  ];
  return [
    '# What it costs',
    `Written by \`${results.command}\`; not to be edited. Every figure is the median of its repeats, with their smallest and largest, and stands beside something measured in the same run.`,
    table(['', ''], results.machine),
    ...(leftOut.length > 0 ? ['Left out:', leftOut.map((sentence) => `- ${sentence}`).join('\n')] : []),
    ...(scenarios.length > 0 ? ['## Goals', table(['goal', 'measured', ''], goalsOf(results))] : []),
    ...(scenarios.length > 0 ? costSections(scenarios) : []),
    ...(startUps.some(({ firstSample }) => firstSample.length > 0) ? startUpSection(results) : []),
    ...(memory.length > 0 ? memorySection(results) : []),
    ...(exitRecords !== null && typeof exitRecords === 'object' ? exitRecordSection(exitRecords) : []),
  ]
    .join('\n\n')
    .concat('\n');
}

function costSections(scenarios: readonly ScenarioResult[]): string[] {
  const names = scenarios[0]!.figures.map(({ contender }) => contender);
  const cells = (cell: (figure: ScenarioResult['figures'][number]) => string) =>
    scenarios.map(({ plan, figures }) => [populationName(plan), ...figures.map(cell)]);
  return [
    '## CPU of one process in one sample',
    `One sample every 0.5 s. The C floor keeps two descriptors a process (\`stat\`, \`io\`), reads both in each round and parses nothing. CPU is user and system time of all threads. One program runs at a time and the others are stopped, in turns.`,
    `As multiples of the paced ${FLOOR} of the same turn:`,
    table(
      ['', ...names],
      cells(({ overFloor }) => shown(overFloor, 2)),
    ),
    'In microseconds:',
    table(
      ['', ...names],
      cells(({ micros }) => shown(micros, 2)),
    ),
    'The ledger and the totals on top of sampling, in percent of it:',
    table(
      ['', 'ledger, totals'],
      scenarios.map(({ plan, ledgerShare: { median, min, max } }) => [
        populationName(plan),
        shown({ median: median * 100, min: min * 100, max: max * 100 }, 1),
      ]),
    ),
  ];
}

function startUpSection({ startUps }: Results): string[] {
  const rows = startUps
    .filter(({ firstSample }) => firstSample.length > 0)
    .map(({ processes, firstSample, bareNode }) => [
      `${processes}`,
      shown(spreadOf(firstSample), 0),
      shown(spreadOf(bareNode), 0),
      shown(ratioOf(firstSample, bareNode), 2),
    ]);
  return [
    '## Start to first sample',
    'Milliseconds from the start of the process of the bundle (with OTLP) until it has taken its first sample, and from the start of a bare `node -e 0` until its end, in turns.',
    table(['processes', 'first sample', 'bare Node', 'multiple'], rows),
  ];
}

function memorySection({ memory, memorySeconds }: Results): string[] {
  const bare = memory[0]!;
  const rows = memory.map(({ name, residentBytes, peakBytes, cpu }) => [
    name,
    (residentBytes / MEBIBYTE).toFixed(1),
    (peakBytes / MEBIBYTE).toFixed(1),
    (residentBytes / bare.residentBytes).toFixed(2),
    (cpu * 1000).toFixed(1),
  ]);
  return [
    '## Memory',
    `Resident MiB with 1,000 busy processes and OTLP every 10 s, after ${memorySeconds} s; all at once. CPU in milliseconds a second, over the later half.`,
    table(['', 'RSS', 'highest', 'multiple of bare Node', 'CPU'], rows),
  ];
}

function populationName({ processes, busyEvery }: PopulationPlan): string {
  const activity = busyEvery === 0 ? 'idle' : busyEvery === 1 ? 'all busy' : `one in ${busyEvery} busy`;
  return `${processes.toLocaleString('en')}, ${activity}`;
}
