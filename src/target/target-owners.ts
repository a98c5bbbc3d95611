import { unitOfPath } from '../host/cgroup/unit-path.ts';
import { OTHER, type Owner, SHARED } from './owner.ts';
import { parentOf } from './removed-cgroups.ts';
import type { Tracked } from './tracked.ts';
import type { TrackedPattern } from './tracked-pattern.ts';
import type { UnitPlaces } from './unit-places.ts';
import type { UnitTree } from './unit-tree.ts';

/** What is tracked. */
export interface TrackedTargets {
  readonly named: readonly Tracked[];
  readonly patterns: readonly TrackedPattern[];
  readonly places: UnitPlaces;
}

/** Which target the cgroup at a path belongs to: a unit that is requested by name is that target's before a pattern's. */
export function ownerOf(path: string, { named, patterns }: TrackedTargets): Owner {
  const unit = unitAt(path);
  const requested = named.find((tracked) => tracked.mayBeAt(path, unit));
  if (requested !== undefined) return { kind: 'unit', name: requested.unit, pattern: null };
  const pattern = patterns.find((tracked) => tracked.mayBeAt(path, unit));
  return pattern === undefined ? OTHER : { kind: 'unit', name: unit!, pattern: pattern.unit };
}

/**
 * Who owns the CPU of cgroups of a directory that nobody saw: they may be of any target that is awaited there. `isNew`: they
 * are all that the directory ever held.
 */
export function ownerOfUnseen(
  path: string,
  isNew: boolean,
  { named, patterns }: TrackedTargets,
  tree: UnitTree,
): Owner {
  const isHere = (cgroup: string) => parentOf(cgroup) === path;
  const awaited = named.filter(({ places, instances }) => instances.length === 0 && places.some(isHere));
  const qualifier = tree.branches.get(path)?.qualifier;
  const isMatched = patterns.some((pattern) => qualifier !== undefined && pattern.mayMatchBelow(qualifier));
  if (awaited.length + (isMatched ? 1 : 0) === 0) return OTHER;
  const [unit] = awaited;
  const isCertain = isNew && !isMatched && awaited.length === 1;
  return isCertain ? { kind: 'unit', name: unit!.unit, pattern: null } : SHARED;
}

/** The unit whose own cgroup is at a path; null if there is none. */
export function unitAt(path: string): string | null {
  const place = unitOfPath(path);
  return place !== null && place.subPath === '' ? place.unit : null;
}
