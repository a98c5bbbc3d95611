import { statSync } from 'node:fs';
import { printable } from '../../text/printable.ts';
import { type ReadFailure, readFailureOf } from '../read-failure.ts';
import { type ControllerTrees, findControllerTrees } from './controller-trees.ts';

/** Where a host's cgroup trees are, by the files that are there. */
export interface CgroupLayout {
  /** `hybrid`: v1 controllers, and a v2 tree under `unified`. */
  readonly kind: 'v2' | 'hybrid' | 'v1';
  /** Root of the tree whose directories are the units, and whose `cgroup.procs` list their processes. */
  readonly unitRoot: string;
  /** Root of the v1 tree of the cpuacct controller: CPU where the unit's tree has no `cpu.stat`. */
  readonly cpuacctRoot: string | null;
  /** The v1 trees of other controllers. */
  readonly controllers: ControllerTrees;
}

/** There is no cgroup tree at the root given. */
export interface NoCgroupLayout {
  readonly kind: 'none';
  readonly cgroupRoot: string;
  /** Why the root itself could not be used; null if it could, but holds no cgroup tree. */
  readonly failure: ReadFailure | null;
  /** The files that were looked for. */
  readonly lookedFor: readonly string[];
  /** One sentence for people: what was found, and the fix. */
  readonly message: string;
}

/**
 * The layout below `cgroupRoot`, the mount of the host's `/sys/fs/cgroup` (or of one v2 tree): v2 at the root, v2
 * under `unified` (systemd's hybrid mode), or v1, where the tree of `name=systemd` names the units (cgroups(7)).
 */
export function findCgroupLayout(cgroupRoot: string): CgroupLayout | NoCgroupLayout {
  const failure = failureAt(cgroupRoot);
  if (failure !== null) return none(cgroupRoot, failure);
  const has = (path: string) => failureAt(`${cgroupRoot}/${path}`) === null;
  const cpuacct = ['cpuacct', 'cpu,cpuacct', 'cpuacct,cpu'].find((name) => has(`${name}/cpuacct.usage`));
  const cpuacctRoot = cpuacct === undefined ? null : `${cgroupRoot}/${cpuacct}`;
  if (has('cgroup.controllers'))
    return { kind: 'v2', unitRoot: cgroupRoot, cpuacctRoot: null, controllers: {} };
  const controllers = findControllerTrees(cgroupRoot);
  if (has('unified/cgroup.controllers')) {
    return { kind: 'hybrid', unitRoot: `${cgroupRoot}/unified`, cpuacctRoot, controllers };
  }
  if (has('systemd/cgroup.procs')) {
    return { kind: 'v1', unitRoot: `${cgroupRoot}/systemd`, cpuacctRoot, controllers };
  }
  // The root of a single v1 tree.
  if (has('cgroup.procs')) {
    return {
      kind: 'v1',
      unitRoot: cgroupRoot,
      cpuacctRoot: has('cpuacct.usage') ? cgroupRoot : null,
      controllers,
    };
  }
  return none(cgroupRoot, null);
}

const TELLING = ['cgroup.controllers', 'unified/cgroup.controllers', 'systemd/cgroup.procs', 'cgroup.procs'];

function none(cgroupRoot: string, failure: ReadFailure | null): NoCgroupLayout {
  const found =
    failure === null
      ? `holds no cgroup tree (looked for ${TELLING.join(', ')})`
      : failure === 'gone'
        ? 'does not exist'
        : failure === 'denied'
          ? 'cannot be entered (permission denied)'
          : 'cannot be read';
  return {
    kind: 'none',
    cgroupRoot,
    failure,
    lookedFor: TELLING.map((name) => `${cgroupRoot}/${name}`),
    message: `--cgroup-root ${printable(cgroupRoot)} ${found}: mount the host's /sys/fs/cgroup read-only and name the mount with --cgroup-root.`,
  };
}

function failureAt(path: string): ReadFailure | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined ? 'gone' : null;
  } catch (error) {
    return readFailureOf(error);
  }
}
