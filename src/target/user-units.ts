import { isGlob } from '../text/glob.ts';
import { UnitPattern } from './unit-pattern.ts';

const MOST_NAMES = 3;

/**
 * How to ask for units of user managers, where the name or pattern of a unit of the host names one: up to three of
 * `user@1000.service/app.service`. Empty if `candidates` has a unit of the host of that name.
 */
export function userUnitsOf(asked: string, candidates: Iterable<string>): readonly string[] {
  if (asked.includes('/')) return [];
  const pattern = isGlob(asked) ? new UnitPattern(asked) : null;
  const found = new Set<string>();
  for (const candidate of candidates) {
    const slash = candidate.indexOf('/');
    const name = candidate.slice(slash + 1);
    if (!(pattern?.matches(name) ?? name === asked)) continue;
    if (slash === -1) return [];
    found.add(candidate.slice(0, slash + 1) + asked);
  }
  return [...found].slice(0, MOST_NAMES);
}
