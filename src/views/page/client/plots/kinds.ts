import { QUANTITIES } from '../../../../ledger/document/quantities.ts';
import { byteCount, ratio } from '../../../format.ts';
import type { NamedColour } from '../palette.ts';
import { type Band, bandsOf, type Group, summed } from '../run/bands.ts';
import type { RunData, UnitValues, Values } from '../run/run-data.ts';
import type { Selection } from '../run/selection.ts';

interface Plot extends PlotKind {
  content(data: RunData, selection: Selection, groups: readonly Group[]): PlotContent;
}

/** The plots, in their order. */
export const PLOTS: readonly Plot[] = [
  {
    id: 'cpu',
    title: QUANTITIES.cpu.title,
    about: 'cores, with reaped and unattributed CPU on top',
    absent: 'CPU time is unknown.',
    format: (value) => `${value.toFixed(value < 1 ? 3 : 2)} cores`,
    least: 0.01,
    ticks: 'decimal',
    content: (data, selection, groups) => ({
      bands: bandsOf(data, selection, groups, 'cpu'),
      lines: highest(data, selection),
      strip: throttling(data, selection),
    }),
  },
  {
    id: 'memory',
    title: QUANTITIES.memory.title,
    about: 'resident; shared pages count for each process',
    absent: 'Memory is unknown.',
    format: byteCount,
    least: 1024 * 1024,
    ticks: 'binary',
    content: (data, selection, groups) => ({
      bands: bandsOf(data, selection, groups, 'memory'),
      lines: unitLine(data, selection, 'charged', 'charged to the cgroup, page cache included', 'line'),
      strip: null,
    }),
  },
  bytesPlot('disk', 'bytes per second submitted to the block layer (read_bytes + write_bytes)'),
  bytesPlot(
    'transfer',
    'bytes per second through read and write calls (rchar + wchar): cached and piped data included, splice and mmap not',
  ),
  {
    id: 'pressure',
    title: 'Pressure',
    about:
      'share of time in which at least one task of the unit waited; for several units, the highest share',
    absent: 'Pressure is unknown: the kernel does not count it for this cgroup (PSI, cgroup v2).',
    format: (value) => ratio(value),
    least: 0.01,
    most: 1,
    ticks: 'decimal',
    content: (data, selection) => ({
      bands: [],
      lines: [
        ...unitLine(data, selection, 'cpuPressure', 'waited for CPU', 0, most),
        ...unitLine(data, selection, 'memoryPressure', 'waited for memory', 3, most),
        ...unitLine(data, selection, 'ioPressure', 'waited for I/O', 1, most),
      ],
      strip: null,
    }),
  },
  {
    id: 'processes',
    title: 'Processes',
    about: 'live processes, and starts per second',
    absent: 'No process was seen.',
    format: (value) => (value < 10 ? `${Number(value.toFixed(1))}` : value.toFixed(0)),
    least: 1,
    ticks: 'whole',
    content: (data, selection) => ({
      bands: [],
      lines: [
        ...unitLine(data, selection, 'processCount', 'alive', 0),
        ...unitLine(data, selection, 'born', 'started per second', 2),
      ],
      strip: null,
    }),
  },
];

function bytesPlot(quantity: 'disk' | 'transfer', about: string): Plot {
  return {
    id: quantity,
    title: QUANTITIES[quantity].title,
    about,
    absent: 'I/O is unknown: reading it for processes of other users needs SYS_PTRACE.',
    format: (value) => `${byteCount(value)}/s`,
    least: 1024,
    ticks: 'binary',
    content: (data, selection, groups) => ({
      bands: bandsOf(data, selection, groups, quantity),
      lines: [],
      strip: null,
    }),
  };
}

/** The highest samples of each point, which means hide. Several subjects together have none. */
function highest(data: RunData, { units, shown, isWhole }: Selection): PlotLine[] {
  const values = isWhole
    ? units.length === 1
      ? units[0]!.values.cpuMax
      : null
    : shown.length === 1
      ? (shown[0]!.values?.cpuMax ?? null)
      : null;
  if (values === null || data.seconds.length === 0) return [];
  return [{ label: 'highest sample', colour: 'line', values, dashed: true }];
}

function throttling(data: RunData, { units }: Selection): PlotContent['strip'] {
  const values = most(
    data,
    units.map(({ values }) => values.throttled),
  );
  return values?.some((value) => value > 0) ? { label: 'throttled by the CPU limit', values } : null;
}

function unitLine(
  data: RunData,
  { units, isWhole }: Selection,
  figure: keyof UnitValues,
  label: string,
  colour: PlotLine['colour'],
  join = (run: RunData, all: (Float64Array | null)[]) => summed(run.seconds.length, all),
): PlotLine[] {
  if (!isWhole && figure === 'charged') return [];
  const values = join(
    data,
    units.map((unit) => unit.values[figure]),
  );
  return values === null ? [] : [{ label, colour, values }];
}

function most(data: RunData, all: readonly (Float64Array | null)[]): Float64Array | null {
  const known = all.filter((values) => values !== null);
  if (known.length === 0) return null;
  const highest = new Float64Array(data.seconds.length).fill(Number.NaN);
  for (const values of known) {
    for (let at = 0; at < highest.length; at++) if (!(highest[at]! >= values[at]!)) highest[at] = values[at]!;
  }
  return highest;
}

/** A line over the layers, or alone. */
interface PlotLine {
  readonly label: string;
  readonly colour: number | NamedColour;
  readonly values: Values;
  readonly dashed?: boolean;
}

/** Content of one plot. */
export interface PlotContent {
  /** From the bottom up. */
  readonly bands: readonly Band[];
  readonly lines: readonly PlotLine[];
  /** By point, 0 to 1: drawn as a strip at the top. */
  readonly strip: { readonly label: string; readonly values: Values } | null;
}

/** One of the plots. */
export interface PlotKind {
  readonly id: string;
  readonly title: string;
  /** Description in one sentence. */
  readonly about: string;
  /** Text shown without data. */
  readonly absent: string;
  format(value: number): string;
  /** Minimum of the upper end of the axis. */
  readonly least: number;
  /** Maximum of the upper end of the axis; absent: no maximum. */
  readonly most?: number;
  /** `binary`: ticks at powers of two; `whole`: at whole numbers. */
  readonly ticks: 'decimal' | 'binary' | 'whole';
}
