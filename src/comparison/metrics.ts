/** In what a metric is counted. `percent` is of one core. */
type Dimension = 'percent' | 'seconds' | 'bytes' | 'bytesPerSecond' | 'count' | 'countPerSecond';

export interface Metric {
  readonly dimension: Dimension;
  /**
   * `level`: the same however long a run is. `rate`: of a second of the run. `total`: of the whole run, so that it grows
   * with it.
   */
  readonly kind: 'level' | 'rate' | 'total';
  /** Only units have it, and no executable name. */
  readonly isOfUnits: boolean;
  /** What it is, for people. */
  readonly meaning: string;
}

function of(
  kind: Metric['kind'],
  dimension: Dimension,
  meaning: string,
  { isOfUnits = false }: { readonly isOfUnits?: boolean } = {},
): Metric {
  return { kind, dimension, meaning, isOfUnits };
}

/** What two runs are compared by, in the order of views. */
export const METRICS = {
  'cpu.avg': of('rate', 'percent', 'CPU per second of the run, in percent of one core'),
  'cpu.seconds': of('total', 'seconds', 'CPU time; of a name: with that of children it waited for'),
  'cpu.unattributed': of('total', 'seconds', 'CPU time of the unit that is in no process', {
    isOfUnits: true,
  }),
  'cpu.max': of(
    'level',
    'percent',
    'most CPU of one sample interval; of a name: of any one of its processes',
  ),
  'memory.avg': of('level', 'bytes', 'RSS of all its processes together, on average over the run'),
  'memory.max': of(
    'level',
    'bytes',
    'highest RSS of all its processes together; of a name: of any one of its processes',
  ),
  'memory.peak': of('level', 'bytes', "peak that the unit's cgroup tells, page cache and all", {
    isOfUnits: true,
  }),
  'disk.rate': of('rate', 'bytesPerSecond', 'bytes read from and written to disks, a second of the run'),
  'disk.bytes': of('total', 'bytes', 'bytes read from and written to disks'),
  'transfer.rate': of('rate', 'bytesPerSecond', 'bytes through read and write calls, a second of the run'),
  'transfer.bytes': of('total', 'bytes', 'bytes through read and write calls'),
  processes: of('total', 'count', 'processes that were seen'),
  'processes.max': of('level', 'count', 'most processes that were alive at a time', { isOfUnits: true }),
  exits: of('total', 'count', 'processes that ended'),
  'exits.rate': of('rate', 'countPerSecond', 'processes that ended, a second of the run'),
  restarts: of('total', 'count', 'starts of the unit after the first', { isOfUnits: true }),
  throttled: of('total', 'seconds', 'time for which the CPU quota held it back', { isOfUnits: true }),
  'oom.kills': of('total', 'count', 'processes killed for lack of memory', { isOfUnits: true }),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** One figure a metric; null where it is not known, or there is none of the kind. */
export type Figures = Readonly<Record<MetricName, number | null>>;
