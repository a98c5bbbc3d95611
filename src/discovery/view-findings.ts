import type { CgroupLayout } from '../host/cgroup/layout.ts';
import { holdsUnits, isPart } from '../host/cgroup/tree-view.ts';
import { readMembership } from '../host/proc/membership.ts';
import { pidNamespaceOf } from '../host/proc/pid-namespace.ts';
import { findHiding } from '../host/proc/visibility.ts';
import { printable } from '../text/printable.ts';

/** A limitation of unitledger's view of the host, found at startup. */
export type ViewFinding =
  /** `/proc` shows another PID namespace than unitledger's own: members are read from each process's own cgroup file. */
  | { readonly kind: 'other-pids'; readonly procRoot: string }
  /** Processes of other users are hidden; `option` is the mount option `hidepid=…`, or empty. */
  | { readonly kind: 'hidden-processes'; readonly procRoot: string; readonly option: string }
  /** The cgroup tree is a part of the host's, without units: usually a private cgroup namespace. */
  | { readonly kind: 'part-of-tree'; readonly unitRoot: string }
  /** The units are in a v2 tree, but only a v1 tree is mounted. */
  | { readonly kind: 'v1-beside-v2'; readonly unitRoot: string }
  /** The host manages its units in cgroup v1. */
  | { readonly kind: 'v1'; readonly unitRoot: string };

/**
 * Checks the mounts that a run needs. `layout` is null if neither units nor cgroups are requested; `asksForUnits`:
 * units are requested.
 */
export function findViewProblems(
  procRoot: string,
  layout: CgroupLayout | null,
  asksForUnits: boolean,
): readonly ViewFinding[] {
  const findings: ViewFinding[] = [];
  const option = findHiding(procRoot);
  if (option !== null) findings.push({ kind: 'hidden-processes', procRoot, option });
  if (layout === null) return findings;
  const { unitRoot } = layout;
  if (pidNamespaceOf(procRoot) === 'other') findings.push({ kind: 'other-pids', procRoot });
  const hasUnits = holdsUnits(layout);
  if (asksForUnits && !hasUnits && isPart(layout)) findings.push({ kind: 'part-of-tree', unitRoot });
  if (layout.kind !== 'v1') return findings;
  const manager = readMembership(procRoot, 1);
  const isUnified = manager?.unified != null && manager.unified.path !== '/';
  const kind = !hasUnits && isUnified ? 'v1-beside-v2' : 'v1';
  findings.push({ kind, unitRoot });
  return findings;
}

/** One sentence for users: the problem, its effect, and its fix. */
export function describeView(finding: ViewFinding): string {
  switch (finding.kind) {
    case 'other-pids':
      return `${printable(finding.procRoot)} shows another PID namespace than this program's own: members of units are read from each process's own cgroup file, which notices moved processes late, and CPU is counted in ticks of 10 ms; run in the host's PID namespace (hostPID: true, --pid host).`;
    case 'hidden-processes': {
      const how = finding.option === '' ? 'something' : `its option ${printable(finding.option)}`;
      return `${printable(finding.procRoot)} hides processes of other users from this program (by ${how}): these are missing; run as root with CAP_SYS_PTRACE, or mount it with hidepid=off.`;
    }
    case 'part-of-tree':
      return `--cgroup-root: ${printable(finding.unitRoot)} is a part of the host's cgroup tree without units, such as that of a container with its own cgroup namespace; mount the root of the host's tree and name it with --cgroup-root.`;
    case 'v1-beside-v2':
      return `--cgroup-root: ${printable(finding.unitRoot)} is a cgroup v1 tree without units, and the host's systemd keeps them in a cgroup v2 tree; mount that (type cgroup2) and name the mount with --cgroup-root.`;
    case 'v1':
      return `this host runs its units in cgroup v1: CPU of a unit is known only if the cpuacct controller has a directory for it, and pressure is unknown; to change that, boot the host with systemd.unified_cgroup_hierarchy=1.`;
  }
}
