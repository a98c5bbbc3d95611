/** A unit, and the pattern that found it; null if it was requested by name. */
export interface UnitOwner {
  readonly kind: 'unit';
  readonly name: string;
  readonly pattern: string | null;
}

/**
 * Which unit used the CPU of removed cgroups. `pattern`: one of the units of a pattern. `shared`: a target or another
 * cgroup of the slice. `other`: no target.
 */
export type Owner =
  | UnitOwner
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'shared' }
  | { readonly kind: 'other' };

export const SHARED: Owner = { kind: 'shared' };
export const OTHER: Owner = { kind: 'other' };

/** Owner of CPU that was used by `a`, `b` or both. */
export function eitherOf(a: Owner | null, b: Owner): Owner {
  if (a === null || isSame(a, b)) return b;
  const pattern = patternOf(a);
  return pattern !== null && pattern === patternOf(b) ? { kind: 'pattern', pattern } : SHARED;
}

function isSame(a: Owner, b: Owner): boolean {
  if (a.kind !== b.kind) return false;
  return a.kind !== 'unit' || b.kind !== 'unit' ? patternOf(a) === patternOf(b) : a.name === b.name;
}

function patternOf(owner: Owner): string | null {
  return 'pattern' in owner ? owner.pattern : null;
}
