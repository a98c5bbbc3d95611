/**
 * Names of systemd units (systemd.unit(5), "String Escaping for Inclusion in Unit Names") and how they are written
 * as names of cgroup directories.
 */
const LONGEST_NAME = 255;
const VALID_NAME = /^[A-Za-z0-9:_.\\@-]+\.(?:service|scope|slice|socket|mount|swap)$/;

/** Whether `name` is a full name of a unit that can have a cgroup: a template (`foo@.service`) is not. */
export function isUnitName(name: string): boolean {
  if (name.length > LONGEST_NAME || !VALID_NAME.test(name)) return false;
  const at = name.indexOf('@');
  return at === -1 || (at > 0 && at + 1 < name.lastIndexOf('.'));
}

/** Whether `name` is a slice's: slices have no instances. */
export function isSliceName(name: string): boolean {
  return name.endsWith('.slice') && !name.includes('@') && isUnitName(name);
}

/**
 * The name that a cgroup directory stands for: names that clash with the files of a cgroup, or start with `.` or
 * `_`, carry one `_` in front (CGROUP_DELEGATION.md, "Escaping").
 */
export function unescapeDirectory(directory: string): string {
  return directory.startsWith('_') ? directory.slice(1) : directory;
}

/** The N of `user@N.service`, the user manager's unit, whose cgroup holds units of that user; undefined for others. */
export function userOfManager(unit: string): string | undefined {
  return /^user@(\d+)\.service$/.exec(unit)?.[1];
}
