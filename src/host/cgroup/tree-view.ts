import { existsSync } from 'node:fs';
import { listDirectories } from './directory.ts';
import type { CgroupLayout } from './layout.ts';
import { INIT_SCOPE } from './unit-name.ts';

/** Directories that systemd creates at the root of its tree (systemd.special(7)); a container's own tree has neither. */
const MADE_BY_SYSTEMD = [INIT_SCOPE, 'system.slice'];

/** Whether the unit tree has any of systemd's directories. */
export function holdsUnits({ unitRoot }: CgroupLayout): boolean {
  const names = listDirectories(unitRoot);
  return typeof names !== 'string' && MADE_BY_SYSTEMD.some((name) => names.includes(name));
}

/**
 * Whether the root of the tree is a part of the host's tree: only cgroups with a parent have a type (cgroup-v2.rst,
 * "Core Interface Files").
 */
export function isPart({ kind, unitRoot }: CgroupLayout): boolean {
  return kind !== 'v1' && existsSync(`${unitRoot}/cgroup.type`);
}
