import type { CgroupFigures } from '../../host/cgroup/figures.ts';
import type { ReadFailure } from '../../host/read-failure.ts';

/** Receives members one by one, so that long lists need no memory. */
export interface MemberSink {
  /**
   * `subCgroup`: path of its cgroup below the target's own, empty or with a leading `/`. Hostile text: named by any
   * process that may create cgroups there.
   */
  push(pid: number, subCgroup: string): void;
}

/** Usage of a target's removed cgroups beyond the last reading of each instance. */
export interface RemovedUsage {
  /** CPU seconds. Never decreases. */
  readonly cpuSeconds: number;
  /**
   * Cgroups that were created and removed without ever being in `instances`, as far as events reported them. Never
   * decreases.
   */
  readonly unseenInstances: number;
  /** Counters, which never decrease, and the highest `memoryPeakBytes`; null if nothing is known. */
  readonly figures: CgroupFigures | null;
  /** PIDs of the processes that waited for their main processes: PID 1 or a user's manager. */
  readonly managerPids: readonly number[];
}

/**
 * One instance of one target: a unit's cgroup tree from the discovery of its directory until it is gone, or a process
 * tree. A restarted unit is another instance. It holds descriptors until `close`.
 */
export interface TargetInstance {
  /** The name under which rows are booked: the unit, or the target's label. */
  readonly unit: string;
  /** Path below the cgroup root, with a leading `/`; null for a process tree. */
  readonly cgroup: string | null;
  /**
   * Creation time of its cgroup on the samples' clock, if an event reported it; else NaN. This is a lower bound; the
   * error is at most the time for which the event loop was busy.
   */
  readonly createdAtSeconds: number;
  /**
   * Adds the PIDs of all member processes, including those of sub-cgroups, to `sink`, each once. `gone`: the instance
   * has ended; the next `refresh` drops it. `same`: the list equals that of the previous call, and none was added;
   * only with `mayBeSame`.
   */
  listMembers(sink: MemberSink, mayBeSame?: boolean): 'listed' | 'same' | ReadFailure;
  /** Whether `readCpuSeconds` includes all CPU of the members while they run: an unchanged value means that none ran. */
  readonly countsEveryMember: boolean;
  /**
   * CPU of the whole tree since its creation, in seconds (`cpu.stat` `usage_usec`): the last known value after its
   * removal; NaN if unknown.
   */
  readCpuSeconds(): number;
  /**
   * Other metrics of its cgroup; null if there are none, or it has ended. Costs about twenty reads, so call once a
   * window.
   */
  readFigures(): CgroupFigures | null;
  close(): void;
}

/** Reason why a unit has its slot. */
export interface UnitOrigin {
  /** Serial of the unit in this run, never reused: another serial in a slot is another unit. */
  readonly serial: number;
  /**
   * `named`: requested by name. `pattern`: the pattern itself, and units it matches without slots of their own.
   * `matched`: found by a pattern. `shared`: not a unit but CPU of removed cgroups of one slice that cannot be assigned
   * to a unit: never present and without processes.
   */
  readonly kind: 'named' | 'pattern' | 'matched' | 'shared';
  /** Slot of the pattern that found it; null for others. */
  readonly pattern: number | null;
}

/** All tracked names, and their existing instances. */
export interface Targets {
  /**
   * One name for each request, in the order of the requests, present or not; then the units that patterns found. A name
   * keeps its slot, but a unit of a pattern that is gone for long may lose it to another.
   */
  readonly units: readonly string[];
  /** By index of `units`. */
  readonly origins: readonly UnitOrigin[];
  /** Instances that existed at the last `refresh`. */
  readonly instances: readonly TargetInstance[];
  /** Finds new instances and drops those that are gone. Called once a tick, before the members are listed. */
  refresh(): void;
  /**
   * Cgroup path of a process below the root of the unit tree, with a leading `/` (`/proc/PID/cgroup`, cgroups(7));
   * undefined if it is in none or has ended, or if there is no such tree.
   */
  cgroupOf(pid: number): string | undefined;
  /**
   * Usage of removed cgroups beyond their last readings by index of `units`; null if unknown. Called once a tick, after
   * the CPU of the instances was read. `isLast`: the last tick of a run. In other ticks, usage that depends on pending
   * events comes with the next call.
   */
  readEnded(atSeconds: number, isLast: boolean): readonly (RemovedUsage | null)[];
  close(): void;
}

/** One thing to track. */
export type TargetRequest =
  /** A systemd unit by its exact name, with its suffix; a unit of a user manager as `user@1000.service/app.service`. */
  | { readonly kind: 'unit'; readonly name: string }
  /** All units whose names match a pattern (`UnitPattern`), including those created later. */
  | { readonly kind: 'units'; readonly pattern: string }
  /** A cgroup directory below the root of the unit tree, with a leading `/`; `label` as for a process. */
  | { readonly kind: 'cgroup'; readonly path: string; readonly label?: string }
  /** A Kubernetes pod, by its uid; its rows are booked under `pod:UID`. */
  | { readonly kind: 'pod'; readonly uid: string }
  /** A process and its descendants; `label` is the name under which rows are booked, default `pid:N`. */
  | { readonly kind: 'pid'; readonly pid: number; readonly label?: string };
