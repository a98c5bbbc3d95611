import { readKernelText } from '../kernel-file.ts';
import type { CgroupLayout } from './layout.ts';

/** v2 names of v1 controllers with other names. */
const V2_NAMES: Readonly<Record<string, string>> = { blkio: 'io', cpuacct: 'cpu' };

/**
 * The controllers that can account for units, by their v2 names: those of the v2 root (cgroup-v2.rst,
 * "cgroup.controllers"), or those with a v1 tree.
 */
export function readControllers({
  kind,
  unitRoot,
  controllers,
  cpuacctRoot,
}: CgroupLayout): readonly string[] {
  if (kind !== 'v2') {
    const names = Object.entries(controllers).flatMap(([name, root]) => (root === undefined ? [] : [name]));
    const all = [...(cpuacctRoot === null ? [] : ['cpu']), ...names.map((name) => V2_NAMES[name] ?? name)];
    return [...new Set(all)];
  }
  const names = readKernelText(`${unitRoot}/cgroup.controllers`);
  // The cgroup was removed: it has no controllers.
  return typeof names === 'string' ? [] : names.text.split(/\s+/).filter((name) => name !== '');
}
