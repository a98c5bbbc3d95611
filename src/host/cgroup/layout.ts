import { statSync } from 'node:fs';
import { printable } from '../../text/printable.ts';
import { type ReadFailure, readFailureOf } from '../read-failure.ts';
import { type ControllerTrees, findControllerTrees } from './controller-trees.ts';

/** Location of a host's cgroup trees, detected by existing files. */
export interface CgroupLayout {
  /** `hybrid`: v1 controllers, and a v2 tree under `unified`. */
  readonly kind: 'v2' | 'hybrid' | 'v1';
  /** Root of the tree whose directories are the units, with their processes in `cgroup.procs`. */
  readonly unitRoot: string;
  /** Root of the v1 cpuacct tree: source of CPU if the unit tree has no `cpu.stat`. */
  readonly cpuacctRoot: string | null;
  /** The v1 trees of other controllers. */
  readonly controllers: ControllerTrees;
}

/** There is no cgroup tree at the given root. */
export interface NoCgroupLayout {
  readonly kind: 'none';
  readonly cgroupRoot: string;
  /** Failure to read the root itself; null if it is readable but contains no cgroup tree. */
  readonly failure: ReadFailure | null;
  /** The files that were checked. */
  readonly lookedFor: readonly string[];
  /** One sentence for users: the problem, and the fix. */
  readonly message: string;
}

/**
 * The layout below `cgroupRoot`, the mount of the host's `/sys/fs/cgroup` (or of one v2 tree): v2 at the root, v2 under
 * `unified` (systemd's hybrid mode), or v1 with the units in the tree of `name=systemd` (cgroups(7)).
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
