import { INIT_SCOPE, isSliceName, ROOT_SLICE, userOfManager } from '../host/cgroup/unit-name.ts';

/**
 * Paths where systemd puts a unit of this name as a rule (systemd.slice(5), systemd.special(7)), likeliest first,
 * with a leading `/`: asking there is cheaper than looking through the whole tree, where a unit with a `Slice=` of its
 * own is found. `unit` may be qualified by its user manager. Only paths that the rule of `unitOfPath` gives `unit`
 * for.
 */
export function likelyPlaces(unit: string): string[] {
  const slash = unit.indexOf('/');
  if (slash === -1) return placesBelow('', unit, 'system');
  const user = userOfManager(unit.slice(0, slash));
  if (user === undefined) return [];
  const manager = `/user.slice/user-${user}.slice/${unit.slice(0, slash)}`;
  return placesBelow(manager, unit.slice(slash + 1), 'app');
}

function placesBelow(base: string, name: string, slice: 'system' | 'app'): string[] {
  if (name === ROOT_SLICE) return base === '' ? ['/'] : [];
  if (isSliceName(name)) return [base + slicePath(name)];
  if (name === INIT_SCOPE) return [`${base}/${name}`];
  const user = base === '' ? userOfManager(name) : undefined;
  if (user !== undefined) return [`/user.slice/user-${user}.slice/${name}`];
  const at = name.indexOf('@');
  const folders = [`${base}/${slice}.slice`];
  if (at !== -1) folders.unshift(`${folders[0]}/${slice}-${escapedPrefix(name.slice(0, at))}.slice`);
  return folders.flatMap((folder) => directoriesOf(name).map((directory) => `${folder}/${directory}`));
}

/** `/a.slice/a-b.slice` of `a-b.slice`. */
function slicePath(name: string): string {
  const parts = name.slice(0, -'.slice'.length).split('-');
  return parts
    .map((_, depth) => `/${directoriesOf(`${parts.slice(0, depth + 1).join('-')}.slice`)[0]}`)
    .join('');
}

/** A template's name inside that of its slice, where a dash leads one slice down. */
function escapedPrefix(prefix: string): string {
  return prefix.replace(
    /[-\\]|^\./g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Names of directories that stand for a unit: some names are escaped, by rules that differ between kernels. */
function directoriesOf(name: string): string[] {
  return name.startsWith('_') || name.startsWith('.') ? [`_${name}`] : [name, `_${name}`];
}
