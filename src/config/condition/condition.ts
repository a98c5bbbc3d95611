import type { MetricName } from '../../comparison/metrics.ts';
import type { Glob } from '../../text/glob.ts';

/** A condition of `--fail-if`: what a comparison must not find. */
export interface Condition {
  /** As it was written. Hostile text. */
  readonly text: string;
  /** Null: all units. */
  readonly unit: Glob | null;
  /** Executable names; null: the unit itself. */
  readonly name: Glob | null;
  readonly metric: MetricName;
  readonly sense: '>' | '<';
  readonly threshold: {
    /** `percent` of what was before; a `difference` or a `level` in the metric's own unit. */
    readonly kind: 'percent' | 'difference' | 'level';
    readonly value: number;
  };
}
