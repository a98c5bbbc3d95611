import { isSliceName, isUnitName, unescapeDirectory, userOfManager } from './unit-name.ts';

/** The slice at the top of every tree: the cgroup root itself. */
export const ROOT_SLICE = '-.slice';

/** Which unit a cgroup belongs to. */
export interface UnitPlace {
  /**
   * The unit's name. A unit of a user manager is qualified by it, `user@1000.service/app.service`: no unit name
   * holds a slash, so the two can't be confused, and the host's own `app.service` is another unit.
   */
  readonly unit: string;
  /** Path of the unit's own cgroup. */
  readonly unitPath: string;
  /** From there to the cgroup asked about: empty, or with a leading `/`. */
  readonly subPath: string;
}

/**
 * The unit that the cgroup at `path` (below the root of the hierarchy, with a leading `/`) belongs to, by the tree's
 * names alone; null if there is none.
 *
 * Leading slices are passed over. The first other component is the unit, and all below it is its sub-path: a
 * container or a delegated unit may hold cgroups that are named like units of the host, and they are not. If it is
 * no unit name (`docker`, `kubepods`, `lxc.payload.x`), there is no unit there. Below `user@N.service` the same
 * holds once more. A path of slices only is that of the last slice.
 */
export function unitOfPath(path: string): UnitPlace | null {
  const names = path.split('/').filter((name) => name !== '');
  if (names.includes('..')) return null;
  let end = 0;
  let qualifier = '';
  let unit = ROOT_SLICE;
  for (let at = 0; at < names.length; at++) {
    const name = unescapeDirectory(names[at]!);
    if (isSliceName(name)) {
      unit = qualifier + name;
      end = at + 1;
      continue;
    }
    if (!isUnitName(name)) return qualifier === '' ? null : place(names, qualifier, unit, end);
    unit = qualifier + name;
    end = at + 1;
    if (qualifier !== '' || userOfManager(name) === undefined) break;
    qualifier = `${name}/`;
  }
  return place(names, qualifier, unit, end);
}

function place(names: readonly string[], _qualifier: string, unit: string, end: number): UnitPlace {
  return {
    unit,
    unitPath: `/${names.slice(0, end).join('/')}`,
    subPath: names
      .slice(end)
      .map((name) => `/${name}`)
      .join(''),
  };
}
