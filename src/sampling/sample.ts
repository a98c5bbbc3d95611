import type { RemovedUsage, UnitOrigin } from '../discovery/targets/targets.ts';
import type { CgroupFigures } from '../host/cgroup/figures.ts';
import type { ProcessColumns } from './process-columns.ts';
import type { DetailColumns } from './process-details.ts';
import type { ReadTimes } from './read-times.ts';

/**
 * Identity of a row. PID and start time never change; names change when the process executes another program. Texts are
 * hostile.
 */
export interface ProcessIdentity {
  readonly serial: number;
  readonly pid: number;
  /** Serial of the instance in which the row was found (`InstanceReading`); absent in a replay. */
  readonly instance?: number;
  readonly startTicks: number;
  /** On the sampler's monotonic clock, to 10 ms; negative if the process was born before the clock's start. */
  readonly bornAtSeconds: number;
  readonly startedUnixMillis: number;
  /** The title if there is one and titles are requested, else `comm`. */
  readonly name: string;
  /** The title set by the process, with numbers masked; null if there is none or titles are not requested. */
  readonly title: string | null;
  /** `process.executable.name`: base name of `exe`, or `comm` if `exe` cannot be read. */
  readonly executable: string;
  /** Scrubbed command line; null if not shown. */
  readonly command: string | null;
  /** Path of its cgroup below the target's cgroup, as last listed: empty, or with a leading `/`. */
  readonly subCgroup: string;
}

/** One instance of one target, as read in one tick. */
export interface InstanceReading {
  /** Number of the instance in this run, never reused. */
  readonly serial: number;
  /** Unit index. */
  readonly unit: number;
  readonly cgroup: string | null;
  /** Whether the instance was created during the run: its counters are then booked from zero. */
  readonly bornWatched: boolean;
  /** Baseline of its CPU counter, read before its rows; NaN if unknown. */
  readonly startCpuSeconds: number;
  /** CPU of the cgroup since its creation, read after its processes; NaN if unknown. */
  readonly cpuSeconds: number;
  /** Number of the stamp before `cpuSeconds` was read (`Sample.readTimes`); 0 if absent. */
  readonly stamp?: number;
  /** Other metrics of the cgroup; null if there are none, or not read in this tick. */
  readonly figures: CgroupFigures | null;
}

/**
 * A process outside a unit that is the parent of one of its rows: usually PID 1, a user's manager, a shell, or
 * unitledger. Its counters include all processes that it waits for, also ended processes and orphans of the unit.
 */
export interface OutsideParentReading {
  /** Number of the process among the outside parents of all units in this run, never reused. */
  readonly serial: number;
  /** Unit index. */
  readonly unit: number;
  readonly pid: number;
  /** The parent is unitledger: it waits only for the command that it runs. */
  readonly isSelf: boolean;
  /** `cutime + cstime`, read before the rows. */
  readonly reapedNanos: number;
}

/**
 * Result of one tick. Readers must treat it as immutable; it is valid until the tick after the next, because two
 * buffers alternate.
 */
export interface Sample {
  /** 0, 1, 2, … */
  readonly tick: number;
  /** On the sampler's monotonic clock. */
  readonly atSeconds: number;
  readonly unixMillis: number;
  /** Read times of rows and instances; null or absent if not recorded: all of them count as read at `atSeconds`. */
  readonly readTimes?: ReadTimes | null;
  /** Names of the targets, by unit index. */
  readonly units: readonly string[];
  /** Origin of each unit, by unit index. Unchanged lists are the same objects from tick to tick. */
  readonly origins: readonly UnitOrigin[];
  readonly instances: readonly InstanceReading[];
  /** Usage of removed instances beyond their last reading, by unit index; null if unknown. */
  readonly ended: readonly (RemovedUsage | null)[];
  readonly outsideParents: readonly OutsideParentReading[];
  readonly rows: ProcessColumns;
  /** Slots of all rows, oldest process first, including rows that ended or left in this tick. */
  readonly slots: Int32Array;
  readonly count: number;
  /**
   * Slots of the rows that changed since the previous sample, in the order of `slots`: rows that are new, ended or left,
   * rows with a different number or text, and rows whose details were read. The first `changedCount` entries are valid.
   * All other rows are idle.
   */
  readonly changed: Int32Array;
  readonly changedCount: number;
  /** By slot. */
  readonly identities: readonly (ProcessIdentity | undefined)[];
  /** By slot; valid until the next tick only. Null if no details are requested. */
  readonly details: DetailColumns | null;
}
