import { readdirSync, statSync } from 'node:fs';

/** The v1 controllers that have figures of a cgroup; CPU time itself is cpuacct's. */
const V1_CONTROLLERS = ['cpu', 'memory', 'blkio', 'pids'] as const;
export type V1Controller = (typeof V1_CONTROLLERS)[number];

/** Roots of the v1 trees of those controllers that have one. */
export type ControllerTrees = { readonly [C in V1Controller]?: string };

/**
 * The v1 trees mounted below `cgroupRoot`, one directory each, named after the controllers in it (`cpu,cpuacct`), as
 * systemd mounts them (cgroups(7)).
 */
export function findControllerTrees(cgroupRoot: string): ControllerTrees {
  const trees: { [C in V1Controller]?: string } = {};
  for (const name of namesIn(cgroupRoot)) {
    for (const controller of V1_CONTROLLERS) {
      if (trees[controller] !== undefined || !name.split(',').includes(controller)) continue;
      const tree = `${cgroupRoot}/${name}`;
      if (statSync(`${tree}/cgroup.procs`, { throwIfNoEntry: false }) !== undefined) trees[controller] = tree;
    }
  }
  return trees;
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // Whether the root can be read was found out before; without it there are no trees.
    return [];
  }
}
