import type { Config, TargetName } from '../../config/config.ts';
import { UnitPattern } from '../../discovery/units/unit-pattern.ts';
import { findCgroupLayout } from '../../host/cgroup/layout.ts';
import { type ExhaustedLimit, exhaustedLimit } from '../../host/exhausted.ts';
import { errnoName } from '../../host/netlink/netlink-socket.ts';
import type { ExitRecordsFailure } from '../../host/taskstats/exit-record-source.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { FoldedCounts } from '../../ledger/window/export-window.ts';
import type { ReadProblem } from '../../sampling/read-problems.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';

/** What to check when a run ends without having seen a process: one line, then one for each target. */
export function adviceWithoutData(config: Config, suggestions: (unit: string) => readonly string[]): string {
  const lines = config.targets.map((target) => `  ${checkOf(target, config, suggestions)}`);
  return [
    'No matching process data collected. What to check:',
    ...lines,
    "  in a container: share the host's PID namespace (--pid host, hostPID: true), and mount the host's /proc and /sys/fs/cgroup at --proc-root and --cgroup-root",
  ].join('\n');
}

function checkOf(
  target: TargetName,
  config: Config,
  suggestions: (unit: string) => readonly string[],
): string {
  const layout = findCgroupLayout(config.cgroupRoot);
  const root = printable(layout.kind === 'none' ? config.cgroupRoot : layout.unitRoot);
  switch (target.kind) {
    case 'unit': {
      const unit = printable(target.name);
      const near = suggestions(target.name).map(printable);
      if (near.includes(unit))
        return `${unit}: its cgroup exists, but no process was seen in it: it is empty, or ${printable(config.procRoot)} is mounted with hidepid`;
      return `${unit}: no cgroup below ${root} has this name; check the name, and that the unit is running (systemctl status ${unit})${similarNames(near)}`;
    }
    case 'units':
      return checkOfPattern(target.pattern, root, suggestions(target.pattern));
    case 'cgroup':
      return `cgroup ${printable(target.path)}: check that this directory exists below ${root} and has processes`;
    case 'pod':
      return `pod ${target.uid}: no cgroup below ${root} is named pod${target.uid} or …-pod${target.uid.replaceAll('-', '_')}.slice; check that the pod is on this node, and that ${root} is the node's whole cgroup tree`;
    case 'pid':
      return `PID ${target.pid}: not found in ${printable(config.procRoot)}; check that it is running`;
    case 'command':
      return `command ${printable(target.argv[0])}: it ended before it could be sampled`;
  }
}

function checkOfPattern(text: string, root: string, near: readonly string[]): string {
  const shown = printable(text);
  const pattern = new UnitPattern(text);
  const matching = near.filter((name) => pattern.matches(name)).map(printable);
  if (matching.length > 0) return `${shown}: matches ${matching.join(', ')}, but no process was seen there`;
  return `${shown}: no cgroup below ${root} matches; check the pattern, and that a matching unit is running (systemctl list-units '${shown}')${similarNames(near.map(printable))}`;
}

/** The end of a sentence on a name that was not found; empty without similar `names`. */
export function similarNames(names: readonly string[]): string {
  return names.length > 0 ? `; similar: ${names.join(', ')}` : '';
}

/** Whether there are rows, or CPU of instances that ended before any sample, shared CPU included. */
export function hasData({ units }: RunDocument, ledger: Ledger): boolean {
  if (units.some(({ processes, exited }) => processes.length > 0 || exited.length > 0)) return true;
  return ledger.units.some(({ endedSeconds }) => endedSeconds > 0);
}

/** Share of a core that reading exit records and process events may take before `auto` stops it. */
export const MOST_COST_SHARE = 0.02;
/** The same in words. */
export const COST_LIMIT = `${100 * MOST_COST_SHARE}% of a core`;

/** One sentence on why there are no exit records: what is missing, and the fix. It is logged once a run. */
export function adviceOnExitRecords(failure: ExitRecordsFailure): string {
  return `--exit-records: short-lived processes have no names in this run: ${reasonOf(failure)}`;
}

/** The reason for missing records, and the fix. */
export function reasonOf(failure: ExitRecordsFailure): string {
  switch (failure.kind) {
    case 'no-library':
      return `no foreign-function library (npm's optional package koffi): ${failure.detail}`;
    case 'foreign-pids':
      return failure.detail;
    case 'no-capability':
      return "CAP_NET_ADMIN is missing in the host's user namespace (in Kubernetes: capabilities.add NET_ADMIN, without hostUsers: false)";
    case 'no-family':
      return 'this kernel was built without CONFIG_TASKSTATS';
    case 'other-namespace':
      return "they need the host's PID and user namespaces (hostPID: true)";
    case 'nothing-arrives':
      return "no record arrives, not even of a child of unitledger: they need the host's network namespace (hostNetwork: true)";
    case 'old-kernel':
      return `records of this kernel (version ${failure.version}) do not distinguish processes from threads; they need Linux 5.19 or newer`;
    case 'failed':
      return `${failure.call}: ${errnoName(failure.errno)}`;
  }
}

/** Logged once, when events are lost for the first time. */
export function adviceOnLostEvents(lost: number): string {
  return `--exit-records: lost ${lost} process events, because the buffer was full: start and end times of some processes are exact only to one sample; a shorter --interval reads events more often`;
}

/** Logged once, when `auto` stops both. `share`: of a core. */
export function adviceOnCost(exitsPerSecond: number, share: number): string {
  return `--exit-records=auto: reading ${exitsPerSecond} exits a second took ${(100 * share).toFixed(1)}% of a core; stopped reading: short-lived processes have no names from now on; set --exit-records=on to keep them`;
}

/** Logged once, when records are lost for the first time. */
export function adviceOnLostRecords(lost: number): string {
  return `--exit-records: lost ${lost} exit records, because the buffer was full: some short-lived processes have no names; a shorter --interval reads records more often`;
}

/** Reason and fix, by the limit that was reached at the time of the failure. */
const EXHAUSTED: Readonly<Record<ExhaustedLimit | 'memory', string>> = {
  process:
    'no file descriptor left; raise the limit of open files (LimitNOFILE= in a unit, --ulimit nofile= for a container, ulimit -n in a shell)',
  system: 'the machine can open no more files; raise sysctl fs.file-max',
  memory: 'the kernel had no memory or descriptor left for a moment',
};

/** One sentence on a kind of failed read: the missing metrics and the fix. Logged once per run. */
export function adviceOn({ file, failure, pid }: ReadProblem): string {
  const whose = pid === null ? '' : ` (first seen on PID ${pid})`;
  if (failure === 'denied' && file === 'io') {
    return `disk and transfer of some processes are absent: reading /proc/PID/io was refused${whose}; it needs CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH for other users' processes, and no AppArmor profile that denies ptrace`;
  }
  if (failure === 'denied' && (file === 'smaps_rollup' || file === 'fd')) {
    return `some of --process-details are absent: reading /proc/PID/${file} was refused${whose}; it needs CAP_SYS_PTRACE, and no AppArmor profile that denies ptrace`;
  }
  if (failure === 'denied') {
    return `some processes cannot be read: /proc/PID/${file} was refused${whose}; if the host mounts /proc with hidepid, run as root with CAP_SYS_PTRACE`;
  }
  if (failure === 'exhausted') {
    return `cannot read ${file}${whose}: ${EXHAUSTED[exhaustedLimit() ?? 'memory']}`;
  }
  if (failure === 'malformed') return `${file}${whose} has an unexpected format; its metrics are absent`;
  return `this kernel has no ${file}${whose}; its metrics are absent`;
}

/** Logs once for each kind what shares a series because the budget is used up, with the fix. */
export class FoldAdvice {
  readonly #config: Pick<Config, 'seriesBudget' | 'exporters'>;
  readonly #log: Log;
  readonly #said = new Set<keyof FoldedCounts>();

  constructor(config: Pick<Config, 'seriesBudget' | 'exporters'>, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** Takes the folded counts of a window. More processes than `--process-series` in a unit are intended and not logged. */
  say(folded: FoldedCounts): void {
    if (this.#config.exporters.length === 0) return;
    const { seriesBudget } = this.#config;
    const fix = `raise --series-budget (${seriesBudget}); unitledger.self.folded.count has the current number`;
    this.#sayOnce(
      folded,
      'units',
      (count) =>
        `series budget used up: ${count} units of patterns share the series of their pattern; ${fix}`,
    );
    this.#sayOnce(
      folded,
      'processesOverBudget',
      (count) => `series budget used up: ${count} more processes share the series "other"; ${fix}`,
    );
    this.#sayOnce(
      folded,
      'namedOther',
      (count) =>
        `more than 200 names in a unit, or series budget used up: ${count} processes have the executable name "other"; ${fix}`,
    );
  }

  #sayOnce(folded: FoldedCounts, kind: keyof FoldedCounts, sentence: (count: number) => string): void {
    const count = folded[kind];
    if (count === 0 || this.#said.has(kind)) return;
    this.#said.add(kind);
    this.#log.warn({ folded: kind, count }, sentence(count));
  }
}
