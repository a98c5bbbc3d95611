import type { ComparedFigure } from './compared-figures.ts';
import type { ComparedRun } from './compared-run.ts';

/** On which sides something was seen. */
export type Presence = 'both' | 'before' | 'after';

/** Runs before, compared with runs after. */
export interface Comparison {
  /** Of the intervals, from 0 to 1. */
  readonly confidence: number;
  readonly before: readonly ComparedRun[];
  readonly after: readonly ComparedRun[];
  /** The runs are not equally long: what a unit used in them is compared by rates. */
  readonly lengthsDiffer: boolean;
  /** What to know of it beside the figures: printable sentences. */
  readonly remarks: readonly string[];
  /** Those before first, in their order; then what is only there after. */
  readonly units: readonly UnitComparison[];
}

export interface UnitComparison {
  /** Hostile text. */
  readonly unit: string;
  /** `neither`: it was asked for, and never seen. */
  readonly presence: Presence | 'neither';
  /** Its processes ended within every run, so that it is compared by totals, however long the runs are. */
  readonly isFinished: boolean;
  /** One for each metric that is known on either side. */
  readonly figures: readonly ComparedFigure[];
  /** Those whose CPU differs most first. */
  readonly names: readonly NameComparison[];
}

export interface NameComparison {
  /** Hostile text. */
  readonly name: string;
  readonly presence: Presence;
  readonly figures: readonly ComparedFigure[];
}
