import { compareFigures, type Lengths } from './compared-figures.ts';
import type { ComparedRun, ComparedUnit } from './compared-run.ts';
import type { Comparison, NameComparison, Presence, UnitComparison } from './comparison.ts';
import { METRIC_NAMES, METRICS } from './metrics.ts';
import { comparisonRemarks } from './remarks.ts';

/** Runs whose lengths differ by less than this share count as equally long. */
const EQUAL_LENGTHS = 1.05;

/** Compares runs before with runs after; each side has at least one. */
export function compareRuns(
  before: readonly ComparedRun[],
  after: readonly ComparedRun[],
  confidence: number,
): Comparison {
  const seconds = [...before, ...after].map((run) => run.seconds);
  const lengthsDiffer = Math.max(...seconds) > EQUAL_LENGTHS * Math.min(...seconds);
  const names = new Set([...before, ...after].flatMap(({ units }) => [...units.keys()]));
  const units = [...names].map((unit) =>
    compareUnit(unit, unitIn(unit, before), unitIn(unit, after), lengthsDiffer, confidence),
  );
  const compared = { confidence, before, after, lengthsDiffer, units };
  return { ...compared, remarks: comparisonRemarks(compared) };
}

/** Statistics over the runs in which the unit was present. */
function unitIn(name: string, runs: readonly ComparedRun[]): readonly ComparedUnit[] {
  return runs.flatMap(({ units }) => units.get(name) ?? []).filter(({ isSeen }) => isSeen);
}

function compareUnit(
  unit: string,
  before: readonly ComparedUnit[],
  after: readonly ComparedUnit[],
  lengthsDiffer: boolean,
  confidence: number,
): UnitComparison {
  const isFinished = [...before, ...after].every((each) => each.isFinished);
  const lengths: Lengths = !lengthsDiffer ? 'equal' : isFinished ? 'of-work' : 'of-watch';
  const figures = compareFigures(
    METRIC_NAMES,
    (metric) => [before, after].map((units) => units.map(({ figures }) => figures[metric])),
    lengths,
    confidence,
  );
  const names = new Set([...before, ...after].flatMap((each) => [...each.names.keys()]));
  const compared = [...names].map((name) => compareName(name, before, after, lengths, confidence));
  const presence = presenceOf(before.length > 0, after.length > 0);
  const isMoreOf = isFinished && lengthsDiffer ? 'cpu.seconds' : 'cpu.avg';
  return {
    unit,
    presence,
    isFinished: presence !== 'neither' && isFinished,
    figures,
    names: compared.toSorted((a, b) => weightOf(b, isMoreOf) - weightOf(a, isMoreOf)),
  };
}

function compareName(
  name: string,
  before: readonly ComparedUnit[],
  after: readonly ComparedUnit[],
  lengths: Lengths,
  confidence: number,
): NameComparison {
  const figures = compareFigures(
    METRIC_NAMES,
    (metric) =>
      [before, after].map((units) =>
        units.map(({ names, figures }) => {
          const own = names.get(name);
          if (own !== undefined) return own[metric];
          // All CPU of the unit is booked, so a name that is missing used nothing, if the values are known at all.
          return 'addsUp' in METRICS[metric] && figures[metric] !== null ? 0 : null;
        }),
      ),
    lengths,
    confidence,
  );
  const isIn = (units: readonly ComparedUnit[]) => units.some(({ names }) => names.has(name));
  return { name, presence: presenceOf(isIn(before), isIn(after)) as Presence, figures };
}

function presenceOf(isBefore: boolean, isAfter: boolean): UnitComparison['presence'] {
  if (isBefore) return isAfter ? 'both' : 'before';
  return isAfter ? 'after' : 'neither';
}

/** Sorts by the difference of CPU, then by CPU, largest first. */
function weightOf({ figures }: NameComparison, metric: string): number {
  const figure = figures.find((each) => each.metric === metric);
  if (figure === undefined) return 0;
  const most = Math.max(figure.before?.mean ?? 0, figure.after?.mean ?? 0);
  return Math.abs(figure.difference ?? 0) + most * 1e-6;
}
