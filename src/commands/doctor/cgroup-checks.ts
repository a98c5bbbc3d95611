import { findViewProblems, type ViewFinding } from '../../discovery/view-findings.ts';
import { readControllers } from '../../host/cgroup/controllers.ts';
import { type CgroupLayout, findCgroupLayout } from '../../host/cgroup/layout.ts';
import { printable } from '../../text/printable.ts';
import { type Check, everywhere, fail, ok, warn } from './check.ts';

const MOUNT = {
  docker: '-v /sys/fs/cgroup:/host/sys/fs/cgroup:ro and --cgroup-root /host/sys/fs/cgroup',
  kubernetes:
    'a hostPath volume of /sys/fs/cgroup at /host/sys/fs/cgroup, read-only, and --cgroup-root /host/sys/fs/cgroup (the chart has both)',
  host: 'leave out --cgroup-root: /sys/fs/cgroup is the default',
};

const LAYOUTS = {
  v2: 'cgroup v2',
  hybrid: 'hybrid (controllers in cgroup v1): units in cgroup v2',
  v1: 'cgroup v1',
} as const;

/** Checks that the cgroup tree exists and is the host's. Later checks use `layout`. */
export function checkCgroups(
  procRoot: string,
  cgroupRoot: string,
  wantsUnits: boolean,
): { readonly checks: readonly Check[]; readonly layout: CgroupLayout | null } {
  const found = findCgroupLayout(cgroupRoot);
  if (found.kind === 'none') {
    const meaning = 'units and cgroups cannot be found';
    return { layout: null, checks: [fail('cgroup tree', printable(found.message), meaning, MOUNT)] };
  }
  const view = findViewProblems(procRoot, found, wantsUnits);
  const checks = [
    tree(found, view),
    ...view.filter(({ kind }) => kind === 'v1').map(() => versionOne()),
    controllers(found),
  ];
  return { layout: found, checks };
}

function tree(layout: CgroupLayout, view: readonly ViewFinding[]): Check {
  const at = `${LAYOUTS[layout.kind]} at ${printable(layout.unitRoot)}`;
  if (view.some(({ kind }) => kind === 'part-of-tree')) {
    const meaning =
      'a container with its own cgroup namespace sees only its own part of the tree, which has no units';
    return fail('cgroup tree', `${at}, without units`, meaning, MOUNT);
  }
  if (view.some(({ kind }) => kind === 'v1-beside-v2')) {
    const meaning = "the host's systemd has its units in a cgroup v2 tree, which is not mounted here";
    return fail('cgroup tree', `${at}, without units`, meaning, MOUNT);
  }
  return ok('cgroup tree', at);
}

function versionOne(): Check {
  return warn(
    'cgroup version',
    'the host runs its units in cgroup v1',
    'CPU of a unit is known only if the cpuacct controller has a directory for it; pressure is unknown',
    everywhere('boot the host with systemd.unified_cgroup_hierarchy=1'),
  );
}

/** The controllers that count memory and I/O of units. CPU needs none. */
function controllers(layout: CgroupLayout): Check {
  const name = 'controllers';
  const there = readControllers(layout);
  const missing = ['memory', 'io', 'pids'].filter((each) => !there.includes(each));
  if (missing.length === 0) return ok(name, there.map(printable).join(' '));
  const settings = missing.map((each) => ACCOUNTING[each]);
  return warn(
    name,
    `without ${missing.join(', ')}`,
    'metrics of these controllers are absent for units; metrics of processes are not affected',
    everywhere(
      `on the host: systemctl set-property UNIT ${settings.join(' ')}; for all units ${settings.map((each) => `Default${each}`).join(' ')} in /etc/systemd/system.conf`,
    ),
  );
}

const ACCOUNTING: Readonly<Record<string, string>> = {
  memory: 'MemoryAccounting=yes',
  io: 'IOAccounting=yes',
  pids: 'TasksAccounting=yes',
};
