import type { NoEventsReason } from '../../host/cgroup/file-events.ts';
import type { ReadFailure } from '../../host/read-failure.ts';
import { printable } from '../../text/printable.ts';

/** A diagnostic about a target, reported once. Names can be hostile text. */
export type TargetFinding =
  /** `cgroup.procs` lists processes as `0`: their PID namespaces are not visible to unitledger. */
  | {
      readonly kind: 'foreign-pids';
      readonly unit: string;
      readonly cgroup: string;
      readonly processes: number;
    }
  /** One target is inside another: the first of `pairs` such pairs. Each is booked separately. */
  | {
      readonly kind: 'nested';
      readonly outer: string;
      readonly inner: string;
      readonly pairs: number;
    }
  /** The cgroup is threaded, so its processes are listed by `domain`. `outside`: that is not below the cgroup root. */
  | {
      readonly kind: 'threaded';
      readonly unit: string;
      readonly cgroup: string;
      readonly domain: string | 'outside';
    }
  /** Only user managers have a unit of this name, as `found`. */
  | { readonly kind: 'user-units'; readonly asked: string; readonly found: readonly string[] }
  /** The requested ID is that of a thread; its process is tracked. */
  | { readonly kind: 'thread'; readonly unit: string; readonly id: number; readonly pid: number }
  /** Cgroup lifecycle events are unavailable: the slices are listed in every tick. */
  | { readonly kind: 'events-unavailable'; readonly reason: NoEventsReason }
  /** The requested name is an alias; rows are booked under `unit`. */
  | { readonly kind: 'alias'; readonly asked: string; readonly unit: string }
  /** The unit is masked: systemd does not start it. */
  | { readonly kind: 'masked'; readonly asked: string }
  /** No cgroup has this name, and aliases could not be looked up. */
  | {
      readonly kind: 'aliases-unreadable';
      readonly asked: string;
      readonly path: string;
      readonly failure: ReadFailure;
    }
  /** An existing cgroup of the target cannot be read: its processes are missing. */
  | {
      readonly kind: 'unreadable';
      readonly unit: string;
      readonly cgroup: string;
      readonly failure: ReadFailure;
    }
  /** An existing metrics file of the target's cgroup cannot be read: its metrics are absent. */
  | {
      readonly kind: 'figures-unreadable';
      readonly unit: string;
      readonly file: string;
      readonly failure: ReadFailure;
    };

/** One sentence for users: the problem and its fix. */
export function describeFinding(finding: TargetFinding): string {
  switch (finding.kind) {
    case 'foreign-pids':
      return `${printable(finding.unit)}: ${finding.processes} of its processes belong to a PID namespace that is not visible from here; run in the host PID namespace (hostPID: true), or mount the host's proc file system and set --proc-root.`;
    case 'nested': {
      const more = finding.pairs > 1 ? ` (and ${finding.pairs - 1} more such pairs)` : '';
      return `${printable(finding.inner)} is part of ${printable(finding.outer)}, and both are tracked${more}: each has its own totals, so a sum over both counts shared processes twice.`;
    }
    case 'threaded':
      return `${printable(finding.unit)}: ${describeDomain(finding.cgroup, finding.domain)}`;
    case 'user-units':
      return `${printable(finding.asked)} is not active in the system manager; did you mean ${finding.found.map(printable).join(' or ')}?`;
    case 'thread':
      return `${printable(finding.unit)}: ${finding.id} is a thread of process ${finding.pid}, which is tracked.`;
    case 'events-unavailable':
      return `events of cgroups (inotify) are unavailable (${EVENTS_REASONS[finding.reason]}): slices are listed in every sample instead, and the final CPU of units that end is less exact.`;
    case 'alias':
      return `${printable(finding.asked)} is an alias of ${printable(finding.unit)}, and is tracked under that name.`;
    case 'masked':
      return `${printable(finding.asked)} is masked: systemd does not start it.`;
    case 'aliases-unreadable':
      return `${printable(finding.asked)} has no cgroup, and unitledger cannot check whether it is an alias of another unit: reading ${printable(finding.path)} failed (${finding.failure}).`;
    case 'unreadable':
      return `${printable(finding.unit)}: the processes of cgroup ${printable(finding.cgroup)} cannot be listed (${finding.failure}).`;
    case 'figures-unreadable':
      return `${printable(finding.unit)}: ${finding.file} of its cgroup cannot be read (${finding.failure}), and possibly other files; their metrics are absent.`;
  }
}

function describeDomain(cgroup: string, domain: string): string {
  const threaded = `cgroup ${printable(cgroup)} is threaded: its domain cgroup lists its processes`;
  return domain === 'outside'
    ? `${threaded}, and that is above --cgroup-root.`
    : `${threaded}; track that: --cgroup ${printable(domain)}.`;
}

const EVENTS_REASONS: Readonly<Record<NoEventsReason, string>> = {
  gone: 'the cgroup tree was removed',
  instances: 'all inotify instances of this user are in use; raise sysctl fs.inotify.max_user_instances',
  watches: 'all inotify watches of this user are in use; raise sysctl fs.inotify.max_user_watches',
  descriptors:
    'the limit of open files of this program is used up; raise it (LimitNOFILE= in a unit, --ulimit nofile= for a container, ulimit -n in a shell)',
  files: 'the machine can open no more files; raise sysctl fs.file-max',
  memory: 'the kernel has no memory left for inotify',
  silent: 'a cgroup was created, and no event reported it',
  unsupported: 'the file system of the cgroup tree does not report them',
};

/**
 * Limit on findings of a kind: units of a pattern come and go for months, and a user's units can be in any number and in any
 * state.
 */
const MOST_OF_A_KIND = 100;

/** Reports each finding once per kind and target, at most 100 of a kind; of nested targets only the first pair. */
export function reportOnce(report: (finding: TargetFinding) => void): (finding: TargetFinding) => void {
  const said = new Map<TargetFinding['kind'], Set<string>>();
  return (finding) => {
    const ofKind = said.get(finding.kind) ?? new Set();
    said.set(finding.kind, ofKind);
    const key = keyOf(finding);
    if (ofKind.has(key) || ofKind.size >= MOST_OF_A_KIND) return;
    ofKind.add(key);
    report(finding);
  };
}

/** The target of a finding; the same for all findings of kinds that are reported once. */
function keyOf(finding: TargetFinding): string {
  if (finding.kind === 'nested' || finding.kind === 'events-unavailable') return '';
  return 'unit' in finding ? finding.unit : finding.asked;
}
