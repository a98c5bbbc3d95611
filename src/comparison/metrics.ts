/** The dimension of a metric. `percent` is of one core. */
export type Dimension = 'percent' | 'seconds' | 'bytes' | 'bytesPerSecond' | 'count' | 'countPerSecond';

export interface Metric {
  readonly dimension: Dimension;
  /**
   * `level`: independent of the length of a length. `rate`: per second. `total`: of the whole run, so it grows with the
   * run.
   */
  readonly kind: 'level' | 'rate' | 'total';
  /** Units have the metric, executable names do not. */
  readonly isOfUnits: boolean;
  /** The metrics of names add up to that of the unit, so a name that a run does not have counts 0. */
  readonly addsUp: boolean;
  /** Description for people. */
  readonly meaning: string;
}

function of(
  kind: Metric['kind'],
  dimension: Dimension,
  meaning: string,
  { isOfUnits = false, addsUp = false }: { readonly isOfUnits?: boolean; readonly addsUp?: boolean } = {},
): Metric {
  return { kind, dimension, meaning, isOfUnits, addsUp };
}

const OF_UNITS = { isOfUnits: true };
const ADDS_UP = { addsUp: true };

/**
 * The compared metrics, in the order of views. This is the only list of them: conditions, views and
 * the generated documentation read it.
 */
export const METRICS = {
  'cpu.avg': of(
    'rate',
    'percent',
    'average CPU while the unit was there; of a name: CPU time per second of the run',
    ADDS_UP,
  ),
  'cpu.seconds': of('total', 'seconds', 'CPU time; of a name: with that of children it waited for', ADDS_UP),
  'cpu.unattributed': of('total', 'seconds', 'CPU time of the unit that is in no process', OF_UNITS),
  'cpu.max': of(
    'level',
    'percent',
    'most CPU of one sample interval; of a name: of any one of its processes',
  ),
  'memory.avg': of('level', 'bytes', 'average RSS of all its processes together'),
  'memory.max': of(
    'level',
    'bytes',
    'highest RSS of all its processes together; of a name: of any one of its processes',
  ),
  'memory.peak': of('level', 'bytes', "peak of the unit's cgroup, page cache included", OF_UNITS),
  'disk.rate': of(
    'rate',
    'bytesPerSecond',
    'bytes submitted to the block layer, a second; cancelled writes included',
    ADDS_UP,
  ),
  'disk.bytes': of(
    'total',
    'bytes',
    'bytes submitted to the block layer; cancelled writes included',
    ADDS_UP,
  ),
  'transfer.rate': of('rate', 'bytesPerSecond', 'bytes through read and write calls, a second', ADDS_UP),
  'transfer.bytes': of('total', 'bytes', 'bytes through read and write calls', ADDS_UP),
  processes: of('total', 'count', 'processes that were seen', ADDS_UP),
  'processes.max': of('level', 'count', 'most processes that were alive at a time', OF_UNITS),
  exits: of('total', 'count', 'processes that ended', ADDS_UP),
  'exits.rate': of('rate', 'countPerSecond', 'processes that ended, per second of the run', ADDS_UP),
  restarts: of('total', 'count', 'starts of the unit after the first', OF_UNITS),
  throttled: of('total', 'seconds', 'time for which the CPU quota held the unit back', OF_UNITS),
  'oom.kills': of('total', 'count', 'processes killed for lack of memory', OF_UNITS),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** One value for each metric; null where it is not known, or does not exist. */
export type Figures = Readonly<Record<MetricName, number | null>>;
