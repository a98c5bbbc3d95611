import type { Glob } from '../../text/glob.ts';

/** What a threshold of a metric is counted in. */
export type MetricKind = 'percent' | 'seconds' | 'bytes' | 'bytesPerSecond' | 'count' | 'countPerSecond';

/** Metrics that a condition may name, by what they are counted in (docs/compare.md). */
export const CONDITION_METRICS = {
  'cpu.avg': 'percent',
  'cpu.seconds': 'seconds',
  'cpu.unattributed': 'seconds',
  'cpu.max': 'percent',
  'memory.avg': 'bytes',
  'memory.max': 'bytes',
  'memory.peak': 'bytes',
  'disk.rate': 'bytesPerSecond',
  'disk.bytes': 'bytes',
  'transfer.rate': 'bytesPerSecond',
  'transfer.bytes': 'bytes',
  processes: 'count',
  'processes.max': 'count',
  exits: 'count',
  'exits.rate': 'countPerSecond',
  restarts: 'count',
  throttled: 'seconds',
  'oom.kills': 'count',
} as const satisfies Readonly<Record<string, MetricKind>>;

export type ConditionMetric = keyof typeof CONDITION_METRICS;

/** A condition of `--fail-if`: what a comparison must not find. */
export interface Condition {
  /** As it was written. Hostile text. */
  readonly text: string;
  /** Null: all units. */
  readonly unit: Glob | null;
  /** Executable names; null: the unit itself. */
  readonly name: Glob | null;
  readonly metric: ConditionMetric;
  readonly sense: '>' | '<';
  readonly threshold: {
    /** `percent` of what was before; a `difference` or a `level` in the metric's own unit. */
    readonly kind: 'percent' | 'difference' | 'level';
    readonly value: number;
  };
}
