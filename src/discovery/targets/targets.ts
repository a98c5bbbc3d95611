import type { CgroupFigures } from '../../host/cgroup/figures.ts';
import type { ReadFailure } from '../../host/read-failure.ts';

/** Takes members one by one, so that a list of any length needs no memory of its own. */
export interface MemberSink {
  /**
   * `subCgroup`: path of its cgroup below the target's own, empty or with a leading `/`. Hostile text: a process that may make
   * cgroups there names them.
   */
  push(pid: number, subCgroup: string): void;
}

/** What is known of a target's removed cgroups, beyond what was read of each instance. */
export interface RemovedUsage {
  /** CPU seconds. Never falls. */
  readonly cpuSeconds: number;
  /** Cgroups that came and went and were never in `instances`, as far as events reported them. Never falls. */
  readonly unseenLives: number;
  /** Counters, which never fall, and the highest `memoryPeakBytes`; null where nothing is known. */
  readonly figures: CgroupFigures | null;
  /** The process that waited for their main processes: PID 1 or a user's manager. */
  readonly managerPids: readonly number[];
}

/**
 * One instance of one target: a unit's cgroup tree from when its directory was found until it is gone, or a process
 * tree. A restarted unit is another instance. Its descriptors are held; `close` lets go of them.
 */
export interface TargetInstance {
  /** The name that the rows are booked under: the unit, or the target's label. */
  readonly unit: string;
  /** Path below the cgroup root, with a leading `/`; null for a process tree. */
  readonly cgroup: string | null;
  /**
   * When its cgroup was created, on the clock of the samples, if an event reported it; NaN otherwise. It was not created
   * earlier than that, and at most as much later as the event loop was busy.
   */
  readonly createdAtSeconds: number;
  /**
   * Puts the PIDs of all its member processes, those of sub-cgroups included, into `sink`, each once.
   * `gone`: the instance has ended; it will be dropped at the next `refresh`.
   */
  listMembers(sink: MemberSink): 'listed' | ReadFailure;
  /** Whether `readCpuSeconds` is charged with whatever any member uses, as it runs: where it stood still, none ran. */
  readonly countsEveryMember: boolean;
  /**
   * CPU used by the whole tree since it was created, in seconds (`cpu.stat` `usage_usec`): its last known value once it is
   * removed; NaN where not known.
   */
  readCpuSeconds(): number;
  /** Other metrics of its cgroup; null if there are none, or it has ended. Costs about twenty reads, so once a window. */
  readFigures(): CgroupFigures | null;
  close(): void;
}

/** Why a unit has its place. */
export interface UnitOrigin {
  /** Serial of the unit in this run, never reused: another serial in a place is another unit. */
  readonly serial: number;
  /**
   * `named`: requested by name. `pattern`: the pattern itself, and what it matches beyond the units that have places
   * of their own. `matched`: found by a pattern. `shared`: no unit, but the CPU of removed cgroups of one slice that cannot
   * be assigned to any: it is never present and has no processes.
   */
  readonly kind: 'named' | 'pattern' | 'matched' | 'shared';
  /** Place of the pattern that it was found by; null for others. */
  readonly pattern: number | null;
}

/** Everything that is tracked: names that are waited for, and their live instances. */
export interface Targets {
  /**
   * One name for each thing asked for, in the order asked for, whether it is there or not; then the units that patterns
   * found. A name keeps its place, but a unit of a pattern that is gone for long may have to leave it to another.
   */
  readonly units: readonly string[];
  /** By index of `units`. */
  readonly origins: readonly UnitOrigin[];
  /** Those that are alive since the last `refresh`. */
  readonly instances: readonly TargetInstance[];
  /** Looks for instances that appeared and drops those that are gone. Called once a tick, before the members are listed. */
  refresh(): void;
  /**
   * Path of the cgroup of a process below the root of the unit tree, with a leading `/` (`/proc/PID/cgroup`, cgroups(7));
   * undefined where it is in none, has ended, or there is no such tree.
   */
  cgroupOf(pid: number): string | undefined;
  /**
   * What removed cgroups used beyond what was read of them, or null where that is not known, by index of `units`. Called once
   * a tick, after the CPU of the instances was read; `isLast`: in the last tick of a run. In others, what cannot be known
   * before the event loop has handled the events of the tick comes with the next one.
   */
  readEnded(atSeconds: number, isLast: boolean): readonly (RemovedUsage | null)[];
  close(): void;
}

/** One thing to track. */
export type TargetRequest =
  /** A systemd unit by its exact name, with its suffix; a user's as `user@1000.service/app.service`. */
  | { readonly kind: 'unit'; readonly name: string }
  /** All units whose names match a pattern (`UnitPattern`), those that come later too. */
  | { readonly kind: 'units'; readonly pattern: string }
  /** A cgroup directory below the root of the unit tree, with a leading `/`; `label` as for a process. */
  | { readonly kind: 'cgroup'; readonly path: string; readonly label?: string }
  /** A Kubernetes pod, by its uid; its rows are booked under `pod:UID`. */
  | { readonly kind: 'pod'; readonly uid: string }
  /** A process and its descendants; `label` is the name that rows are booked under, `pid:N` without it. */
  | { readonly kind: 'pid'; readonly pid: number; readonly label?: string };
