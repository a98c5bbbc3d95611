import { UnitPattern } from '../../discovery/units/unit-pattern.ts';
import type { UnitAccount } from './unit-account.ts';

/** Name of the row for units of a pattern that have no slot of their own, or no longer have one. */
export function restOf(pattern: string): string {
  return `(other units of ${pattern})`;
}

/** The units found by the pattern at index `place`, and the units requested by name that it matches. */
export function unitsOfPattern(units: readonly UnitAccount[], place: number): UnitAccount[] {
  const pattern = new UnitPattern(units[place]!.asked);
  return units.filter(
    ({ origin, unit }) => origin.pattern === place || (origin.kind === 'named' && pattern.matches(unit)),
  );
}
