import { isSliceName, isUnitName, ROOT_SLICE, unescapeDirectory, userOfManager } from './unit-name.ts';

/** Which unit a cgroup belongs to. */
export interface UnitPlace {
  /**
   * The unit's name. A unit of a user manager is qualified by it, `user@1000.service/app.service`: no unit name
   * holds a slash, so it is never taken for the host's own `app.service`.
   */
  readonly unit: string;
  /** Path of the unit's own cgroup, as it was asked for. */
  readonly unitPath: string;
  /** From there to the cgroup asked about: empty, or with a leading `/`. */
  readonly subPath: string;
}

/**
 * The unit that the cgroup at `path` (below the root of the hierarchy, with a leading `/`) belongs to, by the names
 * alone; null if there is none.
 *
 * Leading slices are passed over. The first other component is the unit, and all below it is its sub-path: a
 * container or a delegated unit may hold cgroups that are named like units of the host, and they are not. If it is
 * no unit name (`docker`, `kubepods`, `lxc.payload.x`), there is no unit there. Below `user@N.service` the same
 * holds once more, and what is no unit there is the manager's own. A path of slices only is the last slice's; the
 * root is `-.slice`.
 */
export function unitOfPath(path: string): UnitPlace | null {
  const names = path.split('/').filter((name) => name !== '');
  // Seen from a cgroup namespace, what is outside of it begins with `..`: the rest does not start at the root.
  if (names.includes('..')) return null;
  const top = firstUnit(names, 0);
  if (top === null) return null;
  const below = userOfManager(top.name) === undefined ? null : firstUnit(names, top.end);
  if (below === null || below.end === top.end) return placeOf(names, top.name, top.end);
  return placeOf(names, `${top.name}/${below.name}`, below.end);
}

/** The unit that `names` lead to from `start` on, and how many of them stand for it; null: none. */
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
