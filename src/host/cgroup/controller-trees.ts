import { readdirSync, statSync } from 'node:fs';

/** v1 controllers with metrics of a cgroup; CPU time itself is in cpuacct. */
const V1_CONTROLLERS = ['cpu', 'memory', 'blkio', 'pids'] as const;
export type V1Controller = (typeof V1_CONTROLLERS)[number];

/** Roots of the v1 trees of the mounted controllers. */
export type ControllerTrees = { readonly [C in V1Controller]?: string };

/**
 * The v1 trees mounted below `cgroupRoot`, one directory each, named after its controllers (`cpu,cpuacct`), as systemd
 * mounts them (cgroups(7)).
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
    // Readability of the root was checked before; without it there are no trees.
    return [];
  }
}
