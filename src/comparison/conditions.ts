import type { Glob } from '../text/glob.ts';
import type { ComparedFigure } from './compared-figures.ts';
import type { Comparison, UnitComparison } from './comparison.ts';
import { type Interval, meanInterval } from './difference.ts';
import type { MetricName } from './metrics.ts';

/** A condition of `--fail-if`. */
export interface Condition {
  /** As it was written. Hostile text. */
  readonly text: string;
  /** The units to which it applies; null: all. */
  readonly unit: Glob | null;
  /** The process names to which it applies; null: whole units. */
  readonly name: Glob | null;
  readonly metric: MetricName;
  readonly sense: '>' | '<';
  readonly threshold: Threshold;
}

/**
 * `percent`: the difference in percent of the old value. `difference`: the difference in the unit of the metric. `level`: the
 * new value.
 */
interface Threshold {
  readonly kind: 'percent' | 'difference' | 'level';
  readonly value: number;
}

/**
 * `regression`: beyond the threshold and, with repeated runs, beyond run-to-run noise. `unsure`: beyond the
 * threshold, but within the noise. `unknown`: a required value is missing.
 */
type FindingOutcome = 'regression' | 'unsure' | 'unknown' | 'ok';

/** The result of a condition for one unit or name. */
export interface Finding {
  /** Hostile text. */
  readonly unit: string;
  /** Hostile text; null: the whole unit. */
  readonly name: string | null;
  /** Null if neither side has the metric. */
  readonly figure: ComparedFigure | null;
  readonly outcome: FindingOutcome;
}

export interface Judgement {
  readonly condition: Condition;
  /** All results other than `ok`. */
  readonly findings: readonly Finding[];
  /** Number of units or names for which it could be evaluated. 0: it guards nothing. */
  readonly judged: number;
}

/** Evaluates `condition`. */
export function judge(condition: Condition, { units, confidence }: Comparison): Judgement {
  const findings = units
    .filter(({ unit, presence }) => presence !== 'neither' && (condition.unit?.matches(unit) ?? true))
    .flatMap((unit) => findingsOf(condition, unit, confidence));
  return {
    condition,
    findings: findings.filter(({ outcome }) => outcome !== 'ok'),
    judged: findings.filter(({ outcome }) => outcome !== 'unknown').length,
  };
}

function findingsOf(condition: Condition, unit: UnitComparison, confidence: number): Finding[] {
  const { name: pattern, metric } = condition;
  const about =
    pattern === null
      ? [{ name: null, figures: unit.figures }]
      : unit.names.filter(({ name }) => pattern.matches(name));
  return about.map(({ name, figures }) => {
    const figure = figures.find((each) => each.metric === metric) ?? null;
    return { unit: unit.unit, name, figure, outcome: outcomeOf(condition, figure, confidence) };
  });
}

function outcomeOf(
  { sense, threshold }: Condition,
  figure: ComparedFigure | null,
  confidence: number,
): FindingOutcome {
  const { before = null, after = null, difference = null, interval = null } = figure ?? {};
  const isBeyond = (value: number, limit: number) => (sense === '>' ? value > limit : value < limit);
  const nearEnd = ({ low, high }: Interval) => (sense === '>' ? low : high);
  if (threshold.kind === 'level') {
    if (after === null) return 'unknown';
    if (!isBeyond(after.mean, threshold.value)) return 'ok';
    const range = meanInterval(after, confidence);
    return range === null || isBeyond(nearEnd(range), threshold.value) ? 'regression' : 'unsure';
  }
  if (before === null || difference === null) return 'unknown';
  const limit = threshold.kind === 'percent' ? (threshold.value / 100) * before.mean : threshold.value;
  if (!isBeyond(difference, limit)) return 'ok';
  // The difference itself must exceed the noise; for a limit on the other side of zero, the limit must be passed.
  const leastSure = sense === '>' ? Math.min(limit, 0) : Math.max(limit, 0);
  return interval === null || isBeyond(nearEnd(interval), leastSure) ? 'regression' : 'unsure';
}
