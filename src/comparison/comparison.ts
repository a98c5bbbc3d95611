import type { ComparedFigure } from './compared-figures.ts';
import type { ComparedRun } from './compared-run.ts';

/** The sides on which a unit or name was seen. */
export type Presence = 'both' | 'before' | 'after';

/** The comparison of runs before with runs after. */
export interface Comparison {
  /** Confidence level of the intervals, from 0 to 1. */
  readonly confidence: number;
  readonly before: readonly ComparedRun[];
  readonly after: readonly ComparedRun[];
  /** The runs differ in length, so units are compared by rates. */
  readonly lengthsDiffer: boolean;
  /** Notes on the comparison, as printable sentences. */
  readonly remarks: readonly string[];
  /** Units of the runs before first, in their order; then units that exist only after. */
  readonly units: readonly UnitComparison[];
}

export interface UnitComparison {
  /** Hostile text. */
  readonly unit: string;
  /** `neither`: it was requested and never seen. */
  readonly presence: Presence | 'neither';
  /** Its processes ended within every run, so it is compared by totals, whatever the lengths of the runs. */
  readonly isFinished: boolean;
  /** One for each metric that is known on either side. */
  readonly figures: readonly ComparedFigure[];
  /** Names with the largest difference of CPU first. */
  readonly names: readonly NameComparison[];
}

export interface NameComparison {
  /** Hostile text. */
  readonly name: string;
  readonly presence: Presence;
  readonly figures: readonly ComparedFigure[];
}
