import { exitRecordSection } from '../parts/exit-records.ts';
import { ratioOf, shown, spreadOf } from '../spread.ts';
import { populationName } from './cost-section.ts';
import { bareOf } from './goals.ts';
import { table } from './markdown.ts';
import type { StoredParts } from './stored.ts';

const MEBIBYTE = 2 ** 20;

export function peerSection({ peers }: StoredParts): string[] {
  const result = peers?.result;
  if (!result) return [];
  const rows = result.figures.map(({ name, processesRead, roundMillis, micros, ours }) => [
    name,
    processesRead.toLocaleString('en'),
    shown(roundMillis, 1),
    shown(micros, 1),
    shown(ours, 3),
  ]);
  return [
    '## Beside others',
    `The same machine with ${populationName(result.plan)}, a round every ${result.intervalSeconds} s, each program configured as its documentation says; exporters are scraped once a second. Most look at every process of the machine to find those that they are to watch: their CPU is divided by as many. The last column is unitledger's CPU for a process and round over theirs.`,
    table(['', 'processes read', 'CPU of a round, ms', 'of a process, µs', 'unitledger over it'], rows),
    ...(result.leftOut.length > 0 ? ['Left out:', list(result.leftOut)] : []),
    '![CPU of a round](plots/peers.svg)',
  ];
}

export function memorySection({ memory }: StoredParts): string[] {
  const results = memory?.result;
  if (!results) return [];
  return [
    '## Memory',
    'MiB, all programs side by side. `charged` is what the kernel charges to a cgroup with the program alone in it (`memory.current`, or v1’s `memory.usage_in_bytes`): open descriptors are in it, and pages of files only where nobody else was charged for them before. CPU is over the last two thirds.',
    ...results.flatMap((result) => {
      const bare = bareOf(result);
      const mebibytes = (bytes: number | undefined) =>
        bytes === undefined ? '-' : (bytes / MEBIBYTE).toFixed(1);
      const rows = result.programs.map(({ name, earlyBytes, residentBytes, peakBytes, charged, cpu }) => [
        name,
        mebibytes(earlyBytes),
        mebibytes(residentBytes),
        mebibytes(peakBytes),
        (residentBytes / bare.residentBytes).toFixed(2),
        mebibytes(charged?.bytes),
        mebibytes(charged?.kernelBytes),
        (cpu * 100).toFixed(2),
      ]);
      const early = `RSS after ${(result.seconds / 3).toFixed(0)} s`;
      const head = ['', early, `after ${result.seconds} s`, 'highest', 'multiple of bare Node', 'charged'];
      return [`${populationName(result.plan)}:`, table([...head, 'of it kernel', 'CPU, % of a core'], rows)];
    }),
  ];
}

export function startUpSection(parts: StoredParts): string[] {
  const measured = (parts['start-up']?.result ?? []).filter(({ firstSample }) => firstSample.length > 0);
  if (measured.length === 0) return [];
  const rows = measured.map(({ processes, firstSample, bareNode }) => [
    `${processes}`,
    shown(spreadOf(firstSample), 0),
    shown(spreadOf(bareNode), 0),
    shown(ratioOf(firstSample, bareNode), 2),
  ]);
  return [
    '## Start to first sample',
    'Milliseconds from the start of the process of the bundle (with OTLP) until it has taken its first sample, and from the start of a bare `node -e 0` until its end, in turns. Neither reads certificates of `NODE_EXTRA_CA_CERTS`.',
    table(['processes', 'first sample', 'bare Node', 'multiple'], rows),
  ];
}

export function exportSection(parts: StoredParts): string[] {
  const size = parts['export-size']?.result;
  if (!size) return [];
  const [first] = size.sizes;
  const rows = size.sizes.map(({ form, bytes }) => [
    form,
    bytes.toLocaleString('en'),
    (bytes / size.points).toFixed(1),
    (bytes / first!.bytes).toFixed(3),
  ]);
  return [
    '## Bytes of a data point',
    `One window of ${size.processes.toLocaleString('en')} busy processes, ${size.points} data points, histograms among them. These processes are as like one another as no others are: gzip makes less of real ones.`,
    table(['OTLP', 'bytes of the window', 'bytes a point', `multiple of ${first!.form}`], rows),
  ];
}

export function scaleSection({ scale }: StoredParts): string[] {
  const results = scale?.result;
  if (!results || results.length === 0) return [];
  const count = (value: number) => value.toLocaleString('en');
  const rows = results.map((each) => [
    `${count(each.plan.units ?? 1)} × ${each.plan.processes / (each.plan.units ?? 1)}`,
    count(each.points),
    ((each.points - each.selfPoints) / (each.plan.units ?? 1)).toFixed(1),
    count(each.bytes),
    (each.bytes / each.points).toFixed(1),
    (each.gzipBytes / each.points).toFixed(1),
    (each.residentBytes / MEBIBYTE).toFixed(1),
    each.kernelBytes === null ? '-' : (each.kernelBytes / MEBIBYTE).toFixed(1),
    (each.cpu * 100).toFixed(2),
    ((each.cpu / each.plan.processes) * 1e6).toFixed(1),
  ]);
  const head = [
    'units × processes',
    'data points of a window',
    'of a unit',
    'bytes of a window',
    'of a point',
  ];
  return [
    '## Many units on one host',
    `All units of one pattern, one process in ten at work, a sample every 0.5 s, OTLP/HTTP in protobuf every 10 s, \`--series-budget ${results[0]!.seriesBudget}\`.`,
    table(
      [...head, 'with gzip', 'RSS, MiB', 'kernel, MiB', 'CPU, % of a core', 'µs a process and second'],
      rows,
    ),
  ];
}

export function birthSection({ births }: StoredParts): string[] {
  const result = births?.result;
  if (!result) return [];
  const millis = ({ median, min, max }: typeof result.first) =>
    shown({ median: median * 1000, min: min * 1000, max: max * 1000 }, 0);
  return [
    '## From birth to the first row',
    `Of 200 new processes a second, ${result.rows} lived long enough to be seen. From its birth until it had a row, at an interval of 500 ms, took a process ${millis(result.first)} ms; 95 in a hundred had one within ${(result.p95 * 1000).toFixed(0)} ms. The others are in the ledger without a row.`,
  ];
}

export function coverageSection({ coverage }: StoredParts): string[] {
  const results = coverage?.result;
  if (!results || results.length === 0) return [];
  const percent = (share: number | null) => (share === null ? '-' : `${(share * 100).toFixed(1)} %`);
  return [
    '## What is seen of units that fork a lot',
    'Of the CPU that a cgroup used in ten seconds: what unitledger booked to processes, and what a plain sampler saw in the same time, which looks at `/proc/PID/stat` of each process every half second too, and counts each from its birth.',
    table(
      ['load', 'CPU used, s', 'unitledger', 'plain sampler', 'multiple'],
      results.map(({ load, ledger, plain, usedSeconds }) => [
        load,
        usedSeconds.toFixed(2),
        percent(ledger),
        percent(plain),
        ledger === null || plain === 0 ? '-' : (ledger / plain).toFixed(1),
      ]),
    ),
  ];
}

export function exitSection(parts: StoredParts): string[] {
  const exits = parts.exits?.result;
  const records = parts['exit-records']?.result;
  const rows = (exits ?? []).map((each) => [
    `${each.wantedPerSecond}`,
    each.perSecond.toFixed(0),
    each.coverage === null ? '-' : `${(each.coverage * 100).toFixed(2)} %`,
    `${each.samples}, ${each.missedSamples}`,
    (each.programCpu * 100).toFixed(2),
    (each.loadCpu * 100).toFixed(1),
    `${((each.programCpu / each.loadCpu) * 100).toFixed(1)} %`,
  ]);
  const head = [
    'asked for, a second',
    'reached',
    'coverage',
    'samples, missed',
    'CPU of the program, % of a core',
  ];
  return [
    ...(exits && exits.length > 0
      ? [
          '## Exits',
          'The whole program beside processes that are started anew, as many a second as the machine can at most, most of them gone within a millisecond.',
          table([...head, 'of the load', 'program over load'], rows),
        ]
      : []),
    ...(typeof records === 'string' ? [records] : []),
    ...(records !== null && typeof records === 'object' ? exitRecordSection(records) : []),
  ];
}

export function list(sentences: readonly string[]): string {
  return sentences.map((sentence) => `- ${sentence}`).join('\n');
}

export function punctualitySection({ punctuality }: StoredParts): string[] {
  const result = punctuality?.result;
  if (!result) return [];
  const { plan, seconds, samples, missedSamples, windowMillis, coverage, cpu } = result;
  return [
    '## On time',
    `The whole program with OTLP on ${populationName(plan)}, for ${seconds / 60} min.`,
    table(
      ['samples', 'missed', 'end of a window to the collector, ms', 'coverage', 'CPU, % of a core'],
      [
        [
          `${samples}`,
          `${missedSamples}`,
          shown(windowMillis, 0),
          coverage === null ? '-' : `${(coverage * 100).toFixed(2)} %`,
          (cpu * 100).toFixed(2),
        ],
      ],
    ),
  ];
}
