import { LEVEL_ATTRIBUTES } from './attributes.ts';
import { CGROUP_METRICS } from './catalogue/cgroup.ts';
import { DISK_METRICS } from './catalogue/disk.ts';
import { EXECUTABLE_METRICS } from './catalogue/executable.ts';
import { isOnByDefault, type Metric } from './catalogue/metric.ts';
import { PROCESS_METRICS } from './catalogue/process.ts';
import { PROCESS_DETAIL_METRICS } from './catalogue/process-details.ts';
import { PROCESS_RANGE_METRICS, UNIT_RANGE_METRICS } from './catalogue/ranges.ts';
import { SAMPLE_METRICS } from './catalogue/sample.ts';
import { SELF_METRICS, TICK_METRICS } from './catalogue/self.ts';
import { UNIT_METRICS } from './catalogue/unit.ts';

/**
 * All metrics, each once. Instruments, the per-process producer, and the table in docs/metrics.md are made from
 * it; there is no other list. A name exists at one level, with one set of attributes.
 */
export const CATALOGUE: readonly Metric[] = [
  ...UNIT_METRICS,
  ...CGROUP_METRICS,
  ...UNIT_RANGE_METRICS,
  ...DISK_METRICS,
  ...EXECUTABLE_METRICS,
  ...PROCESS_METRICS,
  ...PROCESS_RANGE_METRICS,
  ...PROCESS_DETAIL_METRICS,
  ...SAMPLE_METRICS,
  ...SELF_METRICS,
  ...TICK_METRICS,
];

/** The metrics that a run exports, by level. */
export interface ChosenMetrics {
  readonly unit: typeof UNIT_METRICS;
  readonly disk: typeof DISK_METRICS;
  readonly executable: typeof EXECUTABLE_METRICS;
  readonly process: typeof PROCESS_METRICS;
  readonly sample: typeof SAMPLE_METRICS;
  readonly self: typeof SELF_METRICS;
  readonly tick: typeof TICK_METRICS;
}

/** Options that select metrics of the catalogue. */
export interface MetricsChoice {
  /** Names of requested metrics that are off by default; unknown names are ignored. */
  readonly alsoOn?: readonly string[];
  /** Whether processes have series; true if not given. */
  readonly ofProcesses?: boolean;
  /** Whether to include metrics of the program itself; true if not given. */
  readonly ofSelf?: boolean;
}

/** The metrics that are on by default, and the requested ones. */
export function chooseMetrics({
  alsoOn = [],
  ofProcesses = true,
  ofSelf = true,
}: MetricsChoice = {}): ChosenMetrics {
  const on = (metric: Metric): boolean => isOnByDefault(metric) || alsoOn.includes(metric.name);
  return {
    unit: [...UNIT_METRICS, ...CGROUP_METRICS, ...UNIT_RANGE_METRICS].filter(on),
    disk: DISK_METRICS.filter(on),
    executable: EXECUTABLE_METRICS.filter(on),
    process: ofProcesses
      ? [...PROCESS_METRICS, ...PROCESS_RANGE_METRICS, ...PROCESS_DETAIL_METRICS].filter(on)
      : [],
    sample: SAMPLE_METRICS.filter(on),
    self: ofSelf ? SELF_METRICS.filter(on) : [],
    tick: ofSelf ? TICK_METRICS.filter(on) : [],
  };
}

/** The keys of the attributes that every point of `metric` has. */
export function attributeKeys(metric: Metric): readonly string[] {
  const own = 'series' in metric ? Object.keys(metric.series[0]?.attributes ?? {}) : [];
  return [...LEVEL_ATTRIBUTES[metric.level], ...own];
}
