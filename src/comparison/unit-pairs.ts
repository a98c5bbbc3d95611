import type { ComparedRun, ComparedUnit } from './compared-run.ts';
import { freeName } from './run-sums.ts';

/** A `BEFORE=AFTER` without matching units. */
export interface LostPair {
  readonly pair: string;
}

/**
 * Returns `before` with units renamed to their names after. An `=` may be part of a name: the pair is split at the `=` for which
 * both names exist. A pair that matches no run is returned separately.
 */
export function renameUnits(
  before: readonly ComparedRun[],
  after: readonly ComparedRun[],
  pairs: readonly string[],
): readonly ComparedRun[] | LostPair {
  const names = new Map<string, string>();
  for (const pair of pairs) {
    const found = partsOf(pair).find(([from, to]) => isIn(before, from) && isIn(after, to));
    if (found === undefined) return { pair };
    names.set(...found);
  }
  if (names.size === 0) return before;
  return before.map((run) => ({ ...run, units: renamed(run.units, names) }));
}

function renamed(units: ComparedRun['units'], names: ReadonlyMap<string, string>): ComparedRun['units'] {
  const taken = new Set(names.values());
  const made = new Map<string, ComparedUnit>();
  for (const [name, unit] of units) {
    const to = names.get(name);
    // A unit that already had this name is another unit, and two units of one run stay two: neither is left out.
    const isFree = to === undefined ? !taken.has(name) : !made.has(to);
    made.set(isFree ? (to ?? name) : freeName(to ?? name, new Map([...units, ...made])), unit);
  }
  return made;
}

function partsOf(pair: string): readonly (readonly [string, string])[] {
  return Array.from(
    pair.matchAll(/=/g),
    ({ index }) => [pair.slice(0, index), pair.slice(index + 1)] as const,
  );
}

function isIn(runs: readonly ComparedRun[], unit: string): boolean {
  return runs.some(({ units }) => units.has(unit));
}
