import { isSliceName, isUnitName, ROOT_SLICE, unescapeDirectory, userOfManager } from './unit-name.ts';

/** The unit of a cgroup. */
export interface UnitPlace {
  /**
   * Unit name. Units of a user manager are qualified by it, `user@1000.service/app.service`: unit names contain no
   * slash, so this cannot be mistaken for the host's own `app.service`.
   */
  readonly unit: string;
  /** Path of the unit's own cgroup, in the form of the input. */
  readonly unitPath: string;
  /** Path from the unit's cgroup to the given one: empty, or with a leading `/`. */
  readonly subPath: string;
}

/**
 * The unit of the cgroup at `path` (below the root of the hierarchy, with a leading `/`), by names only; null if there
 * is none.
 *
 * Leading slices are skipped. The first other component is the unit, and everything below it is its sub-path: a
 * container or a delegated unit may contain cgroups with names of host units, which are not units of the host. If the
 * component is not a unit name (`docker`, `kubepods`, `lxc.payload.x`), there is no unit. Below `user@N.service` the
 * same rule applies again, and other cgroups there belong to the manager. A path of slices only belongs to the last
 * slice; the root is `-.slice`.
 */
export function unitOfPath(path: string): UnitPlace | null {
  const names = path.split('/').filter((name) => name !== '');
  // In a cgroup namespace, outside paths begin with `..` and are not relative to the root.
  if (names.includes('..')) return null;
  const top = firstUnit(names, 0);
  if (top === null) return null;
  const below = userOfManager(top.name) === undefined ? null : firstUnit(names, top.end);
  if (below === null || below.end === top.end) return placeOf(names, top.name, top.end);
  return placeOf(names, `${top.name}/${below.name}`, below.end);
}

/** The unit at the beginning of `names` from `start` on, and the index after it; null: none. */
function firstUnit(names: readonly string[], start: number): { name: string; end: number } | null {
  let last = ROOT_SLICE;
  for (let at = start; at < names.length; at++) {
    const name = unescapeDirectory(names[at]!);
    if (name === ROOT_SLICE || !isUnitName(name)) return null;
    if (!isSliceName(name)) return { name, end: at + 1 };
    last = name;
  }
  return { name: last, end: names.length };
}

function placeOf(names: readonly string[], unit: string, end: number): UnitPlace {
  const rest = names.slice(end);
  return {
    unit,
    unitPath: `/${names.slice(0, end).join('/')}`,
    subPath: rest.length === 0 ? '' : `/${rest.join('/')}`,
  };
}
