import { QUANTITIES, type QuantityField } from '../ledger/document/quantities.ts';
import type { RunStatistic } from '../ledger/document/run-document.ts';

/** The dimension of a metric. `percent` is of one core. */
export type Dimension = 'percent' | 'seconds' | 'bytes' | 'bytesPerSecond' | 'count' | 'countPerSecond';

type Value = number | null;

/** Fields of a unit that metrics have from the document, unchanged. */
export interface UnitFields {
  readonly unattributedCpuSeconds: Value;
  readonly memoryPeakBytes: Value;
  readonly throttledSeconds: Value;
  readonly oomKills: Value;
}

/** The source of the metrics of a unit in one run. */
export interface UnitSource extends UnitFields {
  readonly cpuSeconds: number;
  /** Statistics as the document holds them; null where the document does not. */
  readonly statistics: Readonly<
    Record<QuantityField | 'processesAlive', Pick<RunStatistic, 'max' | 'avg'> | null>
  >;
  readonly diskBytes: Value;
  readonly transferBytes: Value;
  readonly processes: number;
  readonly exits: number;
  /** Null where they cannot be distinguished from first starts. */
  readonly restarts: Value;
  /** Length of the run. */
  readonly seconds: number;
}

/** The source of the metrics of a process name in one run: sums and maxima over its processes. */
export interface NameSource {
  readonly cpuSeconds: number;
  readonly maxCpuPercent: Value;
  readonly avgMemoryBytes: Value;
  readonly maxMemoryBytes: Value;
  readonly diskBytes: Value;
  readonly transferBytes: Value;
  readonly processes: number;
  readonly exits: number;
  readonly seconds: number;
}

export interface Metric {
  readonly dimension: Dimension;
  /**
   * `level`: independent of the length of a run. `rate`: per second. `total`: of the whole run, so it grows with the
   * run.
   */
  readonly kind: 'level' | 'rate' | 'total';
  /** Description for people. */
  readonly meaning: string;
  /** Null where it is not known. Averages of a unit are those of the document, unchanged. */
  readonly ofUnit: (unit: UnitSource) => Value;
  /** Null: process names do not have the metric. */
  readonly ofName: ((name: NameSource) => Value) | null;
  /** The metrics of names add up to that of the unit, so a name that a run does not have counts 0. */
  readonly addsUp?: true;
}

/**
 * The compared metrics, in the order of views. This is the only list of them: conditions, views, help and the generated
 * documentation read it.
 */
export const METRICS = {
  'cpu.avg': {
    kind: 'rate',
    dimension: 'percent',
    meaning: 'average CPU while the unit was present; of a name: CPU time per second of the run',
    ofUnit: ({ statistics, cpuSeconds, seconds }) =>
      statistics.cpuPercent?.avg ?? perSecond(100 * cpuSeconds, seconds),
    ofName: ({ cpuSeconds, seconds }) => 100 * (cpuSeconds / seconds),
    addsUp: true,
  },
  'cpu.seconds': {
    kind: 'total',
    dimension: 'seconds',
    meaning: 'CPU time; of a name: including waited-for children without rows',
    ofUnit: ({ cpuSeconds }) => cpuSeconds,
    ofName: ({ cpuSeconds }) => cpuSeconds,
    addsUp: true,
  },
  'cpu.unattributed': {
    kind: 'total',
    dimension: 'seconds',
    meaning: 'CPU time of the unit that processes do not account for',
    ofUnit: ({ unattributedCpuSeconds }) => unattributedCpuSeconds,
    ofName: null,
  },
  'cpu.max': {
    kind: 'level',
    dimension: 'percent',
    meaning: 'highest CPU over one sampling interval; of a name: of any one of its processes',
    ofUnit: ({ statistics }) => statistics.cpuPercent?.max ?? null,
    ofName: ({ maxCpuPercent }) => maxCpuPercent,
  },
  'memory.avg': {
    kind: 'level',
    dimension: 'bytes',
    meaning: 'average RSS of all its processes together',
    ofUnit: ({ statistics }) => statistics.memoryBytes?.avg ?? null,
    ofName: ({ avgMemoryBytes }) => avgMemoryBytes,
  },
  'memory.max': {
    kind: 'level',
    dimension: 'bytes',
    meaning: 'highest RSS of all its processes together; of a name: of any one of its processes',
    ofUnit: ({ statistics }) => statistics.memoryBytes?.max ?? null,
    ofName: ({ maxMemoryBytes }) => maxMemoryBytes,
  },
  'memory.peak': {
    kind: 'level',
    dimension: 'bytes',
    meaning: "peak memory of the unit's cgroup, page cache included",
    ofUnit: ({ memoryPeakBytes }) => memoryPeakBytes,
    ofName: null,
  },
  ...bytesOf('disk', 'bytes submitted to the block layer', '; cancelled writes included'),
  ...bytesOf('transfer', 'bytes through read and write calls'),
  processes: {
    kind: 'total',
    dimension: 'count',
    meaning: 'processes that were seen',
    ofUnit: ({ processes }) => processes,
    ofName: ({ processes }) => processes,
    addsUp: true,
  },
  'processes.max': {
    kind: 'level',
    dimension: 'count',
    meaning: 'highest number of processes alive at one time',
    ofUnit: ({ statistics }) => statistics.processesAlive?.max ?? null,
    ofName: null,
  },
  exits: {
    kind: 'total',
    dimension: 'count',
    meaning: 'processes that ended',
    ofUnit: ({ exits }) => exits,
    ofName: ({ exits }) => exits,
    addsUp: true,
  },
  'exits.rate': {
    kind: 'rate',
    dimension: 'countPerSecond',
    meaning: 'processes that ended, per second of the run',
    ofUnit: ({ exits, seconds }) => perSecond(exits, seconds),
    ofName: ({ exits, seconds }) => perSecond(exits, seconds),
    addsUp: true,
  },
  restarts: {
    kind: 'total',
    dimension: 'count',
    meaning: 'starts of the unit after the first',
    ofUnit: ({ restarts }) => restarts,
    ofName: null,
  },
  throttled: {
    kind: 'total',
    dimension: 'seconds',
    meaning: 'time in which the CPU limit throttled the unit',
    ofUnit: ({ throttledSeconds }) => throttledSeconds,
    ofName: null,
  },
  'oom.kills': {
    kind: 'total',
    dimension: 'count',
    meaning: 'processes killed for lack of memory',
    ofUnit: ({ oomKills }) => oomKills,
    ofName: null,
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** One value for each metric; null where it is not known, or does not exist. */
export type Figures = Readonly<Record<MetricName, number | null>>;

export function figuresOfUnit(unit: UnitSource): Figures {
  return figuresOf(({ ofUnit }) => ofUnit(unit));
}

export function figuresOfName(name: NameSource): Figures {
  return figuresOf(({ ofName }) => ofName?.(name) ?? null);
}

function figuresOf(read: (metric: Metric) => Value): Figures {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, read(METRICS[name])])) as Figures;
}

/** The rate and the total of the bytes of a quantity; `remark` ends the description. */
function bytesOf<Name extends 'disk' | 'transfer'>(
  name: Name,
  meaning: string,
  remark = '',
): Readonly<Record<`${Name}.rate` | `${Name}.bytes`, Metric>> {
  const total = `${name as 'disk' | 'transfer'}Bytes` as const;
  const { field } = QUANTITIES[name];
  const metrics = {
    [`${name}.rate`]: {
      kind: 'rate',
      dimension: 'bytesPerSecond',
      meaning: `${meaning} per second${remark}`,
      ofUnit: (unit) => unit.statistics[field]?.avg ?? perSecond(unit[total], unit.seconds),
      ofName: (of) => perSecond(of[total], of.seconds),
      addsUp: true,
    },
    [`${name}.bytes`]: {
      kind: 'total',
      dimension: 'bytes',
      meaning: `${meaning}${remark}`,
      ofUnit: (unit) => unit[total],
      ofName: (of) => of[total],
      addsUp: true,
    },
  } satisfies Record<string, Metric>;
  return metrics as Record<`${Name}.rate` | `${Name}.bytes`, Metric>;
}

function perSecond(total: Value, seconds: number): Value {
  return total === null ? null : total / seconds;
}
