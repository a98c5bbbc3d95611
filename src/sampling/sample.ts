import type { RemovedUsage, UnitOrigin } from '../discovery/targets/targets.ts';
import type { CgroupFigures } from '../host/cgroup/figures.ts';
import type { ProcessColumns } from './process-columns.ts';
import type { DetailColumns } from './process-details.ts';
import type { ReadTimes } from './read-times.ts';

/** Identity of a row. Its PID and start never change; its names change when it executes another program. Texts are hostile. */
export interface ProcessIdentity {
  readonly serial: number;
  readonly pid: number;
  /** Serial of the instance that it was found in (`InstanceReading`); absent in a replay. */
  readonly instance?: number;
  readonly startTicks: number;
  /** On the sampler's monotonic clock, to 10 ms; negative for what was born before it began. */
  readonly bornAtSeconds: number;
  readonly startedUnixMillis: number;
  /** Its title where it has one and titles are asked for, else `comm`. */
  readonly name: string;
  /** The title that it has given itself, numbers masked; null where it has none, or none are asked for. */
  readonly title: string | null;
  /** `process.executable.name`: base name of `exe`, `comm` where that cannot be read. */
  readonly executable: string;
  /** Scrubbed; null where it is not shown. */
  readonly command: string | null;
  /** Path of its cgroup below its target's own, as last listed: empty, or with a leading `/`. */
  readonly subCgroup: string;
}

/** One instance of one target, as read in one tick. */
export interface InstanceReading {
  /** Number of the instance in this run, never used twice. */
  readonly serial: number;
  /** Index of its unit among the names of the targets. */
  readonly unit: number;
  readonly cgroup: string | null;
  /** Whether it was created during the run: its counters are then booked from zero. */
  readonly bornWatched: boolean;
  /** Where its CPU counter is booked from; NaN where that was not known. Read before its rows. */
  readonly startCpuSeconds: number;
  /** CPU used by all of it since it was made; NaN where not known. Read after its processes. */
  readonly cpuSeconds: number;
  /** Number of the stamp before `cpuSeconds` was read (`Sample.readTimes`); 0 if absent. */
  readonly stamp?: number;
  /** Other metrics of its cgroup; null if they were not read in this tick, or there are none. */
  readonly figures: CgroupFigures | null;
}

/**
 * A process outside of a unit that is the parent of one of its rows: usually PID 1, a user's manager, a shell, or
 * this program itself. Its own counters include all that it waits for, also ended processes and orphans of the unit.
 */
export interface OutsideParentReading {
  /** Number of the process among the outside parents of all units in this run, never used twice. */
  readonly serial: number;
  /** Index of the unit. */
  readonly unit: number;
  readonly pid: number;
  /** It is this program: all that it waits for is the command that it runs. */
  readonly isSelf: boolean;
  /** `cutime + cstime`, read before the rows. */
  readonly reapedNanos: number;
}

/**
 * What one tick read. To its readers it is immutable, and good until the tick after the next: two buffers
 * alternate underneath.
 */
export interface Sample {
  /** 0, 1, 2, … */
  readonly tick: number;
  /** On the sampler's monotonic clock. */
  readonly atSeconds: number;
  readonly unixMillis: number;
  /** When its rows and instances were read; null or absent where that was not noted: then all of them at `atSeconds`. */
  readonly readTimes?: ReadTimes | null;
  /** Names of the targets, by unit index. */
  readonly units: readonly string[];
  /** How they came there, by unit index. The lists are the same from tick to tick as long as nothing changes. */
  readonly origins: readonly UnitOrigin[];
  readonly instances: readonly InstanceReading[];
  /** What lives that have ended used beyond what was read of them, by unit index; null where that is not known. */
  readonly ended: readonly (RemovedUsage | null)[];
  readonly outsideParents: readonly OutsideParentReading[];
  readonly rows: ProcessColumns;
  /** Slots of all rows, oldest process first, those that ended or left in this tick included. */
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
  /** By slot; good until the next tick only. Null where no details are asked for. */
  readonly details: DetailColumns | null;
}
