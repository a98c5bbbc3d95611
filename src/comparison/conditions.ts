import type { ComparedFigure } from './compared-figures.ts';
import type { Comparison, UnitComparison } from './comparison.ts';
import { type Interval, meanInterval } from './difference.ts';
import type { MetricName } from './metrics.ts';

/** What a comparison must not find. */
export interface Condition {
  /** As it was written. Hostile text. */
  readonly text: string;
  /** Of which units: null is all of them. */
  readonly unit: NamePattern | null;
  /** Of which executable names; null: of the units themselves. */
  readonly name: NamePattern | null;
  readonly metric: MetricName;
  readonly sense: '>' | '<';
  readonly threshold: Threshold;
}

interface NamePattern {
  matches(name: string): boolean;
}

/**
 * `percent`: the difference, in percent of what was before. `difference`: in the metric's own unit. `level`: what is
 * after, whatever was before.
 */
interface Threshold {
  readonly kind: 'percent' | 'difference' | 'level';
  readonly value: number;
}

/**
 * `regression`: beyond the threshold, and, where runs were repeated, beyond how they scatter. `unsure`: beyond the
 * threshold, and not beyond how they scatter. `unknown`: a figure is not there on a side that it takes.
 */
type FindingOutcome = 'regression' | 'unsure' | 'unknown' | 'ok';

/** What a condition came to for one unit or name. */
export interface Finding {
  /** Hostile text. */
  readonly unit: string;
  /** Hostile text; null: it is of the unit. */
  readonly name: string | null;
  /** Null where there is none on either side. */
  readonly figure: ComparedFigure | null;
  readonly outcome: FindingOutcome;
}

export interface Judgement {
  readonly condition: Condition;
  /** Those that are of interest: all that are not `ok`. */
  readonly findings: readonly Finding[];
  /** For how many units or names it could be judged. 0: it guards nothing. */
  readonly judged: number;
}

/** What `condition` finds. */
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
  // That it differs at all must stand out; of a limit on the other side of no difference, that it is passed.
  const leastSure = sense === '>' ? Math.min(limit, 0) : Math.max(limit, 0);
  return interval === null || isBeyond(nearEnd(interval), leastSure) ? 'regression' : 'unsure';
}
