import { lifeFigure } from './life.ts';
import { type PageHistory, weightOf } from './page-history.ts';
import type { Track } from './track.ts';
import type { UnitHistory } from './unit-history.ts';

/** Limit, over all units, on names with series for their processes without series of their own. */
export const MOST_NAMES = 300;

/** The heaviest names by unit, at most this many over all units. */
export function heaviestNames(history: PageHistory, most: number): Map<UnitHistory, Set<string>> {
  const weights = history.units.flatMap((unit) =>
    [...nameWeights(unit)].map(([name, weight]) => ({ unit, name, weight })),
  );
  weights.sort((a, b) => b.weight - a.weight);
  const chosen = new Map<UnitHistory, Set<string>>();
  for (const { unit, name } of weights.slice(0, most)) {
    const names = chosen.get(unit) ?? new Set();
    chosen.set(unit, names.add(name));
  }
  return chosen;
}

function nameWeights(unit: UnitHistory): Map<string, number> {
  const weights = new Map<string, number>();
  const add = (name: string, weight: number) => weights.set(name, (weights.get(name) ?? 0) + weight);
  for (const [name, track] of unit.others.entries()) if (name !== null) add(name, usedIn(track));
  for (const life of unit.lives) if (life.track !== undefined) add(life.account.name, weightOf(life));
  return weights;
}

/** By the scale of `weightOf`: a second of CPU and 16 MiB moved weigh the same; memory counts by its highest sum. */
function usedIn(track: Track): number {
  let weight = 0;
  let memory = 0;
  for (let point = track.from; point < track.end; point++) {
    weight += (lifeFigure(track, 'cpu', point) || 0) + (lifeFigure(track, 'reaped', point) || 0);
    weight += (lifeFigure(track, 'disk', point) || 0) / 2 ** 24;
    memory = Math.max(memory, lifeFigure(track, 'memory', point) || 0);
  }
  return weight + memory / 2 ** 26;
}
