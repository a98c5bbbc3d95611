import { existsSync } from 'node:fs';
import { listDirectories } from './directory.ts';
import type { CgroupLayout } from './layout.ts';
import { INIT_SCOPE } from './unit-name.ts';

/** What systemd makes at the root of the tree that it manages (systemd.special(7)); a container's own has neither. */
const MADE_BY_SYSTEMD = [INIT_SCOPE, 'system.slice'];

/** Whether the tree that should hold the units has any of systemd's. */
export function holdsUnits({ unitRoot }: CgroupLayout): boolean {
  const names = listDirectories(unitRoot);
  return typeof names !== 'string' && MADE_BY_SYSTEMD.some((name) => names.includes(name));
}

/**
 * Whether the root of the tree is a part of the host's: only cgroups that have a parent have a type (cgroup-v2.rst,
 * "Core Interface Files").
 */
export function isPart({ kind, unitRoot }: CgroupLayout): boolean {
  return kind !== 'v1' && existsSync(`${unitRoot}/cgroup.type`);
}
