import type { ComparedRun, ComparedUnit } from './compared-run.ts';

/** `BEFORE=AFTER` for which there is no such pair. */
export interface LostPair {
  readonly pair: string;
}

/**
 * `before` with units under the names that they have after. An `=` may be part of a name: that one parts the two at which
 * there is a unit of either name. A pair that no run has is handed back.
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
    // What had that name itself is another unit.
    if (to !== undefined || !taken.has(name)) made.set(to ?? name, unit);
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
