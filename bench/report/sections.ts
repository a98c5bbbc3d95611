import { otherNamed } from '../bench.ts';
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
    '## Comparison with other programs',
    `All programs ran on one machine, with ${populationName(result.plan)} and a sample every ${result.intervalSeconds} s. Each program is configured by its documentation; exporters are scraped once a second. Most programs read every process of the machine to find the ones to report, so their CPU is divided by the number of processes that they read. The last column is unitledger's CPU per process and sample, divided by that of the program.`,
    table(['', 'processes read', 'CPU per sample, ms', 'CPU per process, µs', 'unitledger ÷ program'], rows),
    ...(result.leftOut.length > 0 ? ['Left out:', list(result.leftOut)] : []),
    '![CPU per process and sample](plots/peers.svg)',
  ];
}

export function memorySection({ memory }: StoredParts): string[] {
  const results = memory?.result;
  if (!results) return [];
  return [
    '## Memory',
    'MiB; all programs run at the same time. `charged` is the memory that the kernel charges to a cgroup that contains only this program (`memory.current`, or `memory.usage_in_bytes` on v1). It includes open descriptors, but pages of files only if no other cgroup was charged for them first. CPU is over the last two thirds of the time.',
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
      const late = `RSS after ${result.seconds} s`;
      const head = ['', early, late, 'highest RSS', `${late} ÷ bare Node`, 'charged'];
      return [
        `${populationName(result.plan)}:`,
        table([...head, 'of which kernel memory', 'CPU, % of a core'], rows),
      ];
    }),
  ];
}

export function startUpSection(parts: StoredParts): string[] {
  const measured = (parts['start-up']?.result ?? []).filter(({ firstSample }) => firstSample.length > 0);
  if (measured.length === 0) return [];
  const rows = measured.map(({ processes, other, firstSample, bareNode }) => [
    other ? otherNamed(`${processes}`, other) : `${processes}`,
    shown(spreadOf(firstSample), 0),
    shown(spreadOf(bareNode), 0),
    shown(ratioOf(firstSample, bareNode), 2),
  ]);
  return [
    '## Start to first sample',
    'Milliseconds from the start of the bundle (with OTLP) to its first sample, and from the start of `node -e 0` to its end, measured in turns. Both run without `NODE_EXTRA_CA_CERTS`.',
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
    `One window of ${size.processes.toLocaleString('en')} busy processes, ${size.points} data points, histograms included. These processes are more alike than real ones, so gzip compresses real windows less.`,
    table(['OTLP', 'bytes of the window', 'bytes per point', `multiple of ${first!.form}`], rows),
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
    'points per window',
    'points per unit',
    'bytes per window',
    'bytes per point',
    'bytes per point with gzip',
    'RSS, MiB',
    'kernel memory, MiB',
    'CPU, % of a core',
    'CPU per process and second, µs',
  ];
  return [
    '## Many units on one host',
    `All units match one pattern, and one process in ten is busy. A sample every 0.5 s, OTLP/HTTP in protobuf every 10 s, \`--series-budget ${results[0]!.seriesBudget}\`.`,
    table(head, rows),
  ];
}

export function birthSection({ births }: StoredParts): string[] {
  const result = births?.result;
  if (!result) return [];
  const millis = ({ median, min, max }: typeof result.first) =>
    shown({ median: median * 1000, min: min * 1000, max: max * 1000 }, 0);
  return [
    '## Time from birth to the first row',
    `200 processes per second started, and ${result.rows} of them lived long enough to get a row. At an interval of 500 ms, a process got its row ${millis(result.first)} ms after its birth (95th percentile: ${(result.p95 * 1000).toFixed(0)} ms). All other processes are booked without a row.`,
  ];
}

export function coverageSection({ coverage }: StoredParts): string[] {
  const results = coverage?.result;
  if (!results || results.length === 0) return [];
  const percent = (share: number | null) => (share === null ? '-' : `${(share * 100).toFixed(1)} %`);
  return [
    '## Coverage of units that fork a lot',
    'Share of the CPU of a cgroup that unitledger booked to processes in ten seconds, and the share that a plain sampler saw in the same time. The plain sampler also reads `/proc/PID/stat` of each process every half second, and counts the CPU of a process from its birth.',
    table(
      ['load', 'CPU used, s', 'unitledger', 'plain sampler', 'unitledger ÷ plain sampler'],
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
    'exits per second, requested',
    'reached',
    'coverage',
    'samples, missed samples',
    'CPU of unitledger, % of a core',
    'CPU of the load, % of a core',
    'unitledger ÷ load',
  ];
  return [
    ...(exits && exits.length > 0
      ? [
          '## Exits',
          'The whole program tracks a load that starts processes at the requested rate, or as fast as the machine can. Most of these processes end within a millisecond.',
          table(head, rows),
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
    '## Punctuality',
    `The whole program with OTLP tracked ${populationName(plan)}, for ${seconds / 60} min.`,
    table(
      ['samples', 'missed', 'from the end of a window to its arrival, ms', 'coverage', 'CPU, % of a core'],
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
