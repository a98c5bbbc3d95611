import { readKernelText } from '../kernel-file.ts';
import type { CgroupLayout } from './layout.ts';

/** Names in a v2 tree of what v1 has under others. */
const V2_NAMES: Readonly<Record<string, string>> = { blkio: 'io', cpuacct: 'cpu' };

/**
 * The controllers that can account for units, by their names in v2: those that the v2 root has (cgroup-v2.rst,
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
