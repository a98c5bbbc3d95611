/**
 * Names of systemd units (systemd.unit(5), "String Escaping for Inclusion in Unit Names") and the corresponding names
 * of cgroup directories.
 */

/** `UNIT_NAME_MAX` of systemd, without the terminating zero. */
export const LONGEST_UNIT_NAME = 255;
/** Unit types that can have a cgroup, and thus processes (systemd.unit(5)). */
export const UNIT_TYPES_WITH_PROCESSES = ['service', 'scope', 'slice', 'socket', 'mount', 'swap'];
const VALID_NAME = new RegExp(`^[A-Za-z0-9:_.\\\\@-]+\\.(?:${UNIT_TYPES_WITH_PROCESSES.join('|')})$`);
const VALID_SLICE = /^[A-Za-z0-9:_.\\]+(?:-[A-Za-z0-9:_.\\]+)*\.slice$/;

/** The root slice is the cgroup root itself, so no directory has its name. */
export const ROOT_SLICE = '-.slice';

/** The scope of a manager (PID 1 or a user manager), at the root of its units (systemd.special(7)). */
export const INIT_SCOPE = 'init.scope';

/** Whether `name` is a full name of a unit that can have a cgroup: a template (`foo@.service`) is not. */
export function isUnitName(name: string): boolean {
  if (name.length > LONGEST_UNIT_NAME || !VALID_NAME.test(name)) return false;
  if (name.endsWith('.slice')) return isSliceName(name);
  const at = name.indexOf('@');
  return at === -1 || (at > 0 && at + 1 < name.lastIndexOf('.'));
}

/**
 * Whether `name` is a slice: slices have no instances, and each dash starts a nested slice, so dashes are neither at an
 * end nor adjacent (systemd.slice(5)).
 */
export function isSliceName(name: string): boolean {
  if (name === ROOT_SLICE) return true;
  return name.length <= LONGEST_UNIT_NAME && VALID_SLICE.test(name);
}

/**
 * The unit name of a cgroup directory: names that clash with files of a cgroup, or start with `.` or `_`, have an
 * additional `_` in front (CGROUP_DELEGATION.md, "Escaping").
 */
export function unescapeDirectory(directory: string): string {
  return directory.startsWith('_') ? directory.slice(1) : directory;
}

/** The N of `user@N.service`, the user manager's unit, whose cgroup holds units of that user; undefined for others. */
export function userOfManager(unit: string): string | undefined {
  return /^user@(\d+)\.service$/.exec(unit)?.[1];
}
