import { editDistance } from '../text/edit-distance.ts';

/**
 * The best match for `typed` in `names`, by edit distance with transpositions; undefined if none is close. At most a
 * third of the letters may differ.
 */
export function suggestion(typed: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const allowed = Math.max(1, Math.floor(name.length / 3));
    if (Math.abs(name.length - typed.length) > allowed) continue;
    const distance = editDistance(typed, name);
    if (distance <= allowed && distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}
