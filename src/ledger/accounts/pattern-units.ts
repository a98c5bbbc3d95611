import { UnitPattern } from '../../discovery/units/unit-pattern.ts';
import type { UnitAccount } from './unit-account.ts';

/** What the units of a pattern go by that have no place of their own, or no longer. */
export function restOf(pattern: string): string {
  return `(other units of ${pattern})`;
}

/** Those of `units` that the pattern in one place has found, and those that it matches and that were asked for by name. */
export function unitsOfPattern(units: readonly UnitAccount[], place: number): UnitAccount[] {
  const pattern = new UnitPattern(units[place]!.asked);
  return units.filter(
    ({ origin, unit }) => origin.pattern === place || (origin.kind === 'named' && pattern.matches(unit)),
  );
}
