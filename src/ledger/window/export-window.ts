import type { ContainerPlace } from '../../host/cgroup/container-path.ts';
import type { CgroupFigures } from '../../host/cgroup/figures.ts';
import type { IoCounter } from '../../host/proc/io.ts';
import type { ProcessDetails } from '../accounts/process-details.ts';
import type { ProcessRanges, UnitRanges } from '../accounts/window-ranges.ts';

/**
 * What one export window holds, as the ledger closes it. Telemetry reads this and nothing else for all that is
 * exported once a window. Immutable. NaN never stands here: unknown is `null`.
 *
 * "Cumulative" figures count from `startUnixMillis` of the thing they belong to, and never fall.
 */
export interface ExportWindow {
  /** 1, 2, 3, … */
  readonly sequence: number;
  readonly startUnixMillis: number;
  /** All points of the window carry this time. */
  readonly endUnixMillis: number;
  /** The window's length on the monotonic clock. */
  readonly seconds: number;
  readonly units: readonly UnitWindow[];
  readonly folded: FoldedCounts;
}

/** What has no series of its own in a window, but is in those of others. */
export interface FoldedCounts {
  /** Units that are there, for which the budget of series has no room. */
  readonly units: number;
  /** Processes that are there, whose executable name has no series. */
  readonly namedOther: number;
  /** Processes that are there and are among the others of their unit, … */
  readonly processes: number;
  /** … of these, those that only the budget of series keeps from having their own. */
  readonly processesOverBudget: number;
}

/**
 * How CPU time of a unit came to be booked: `live` from samples of living processes, `exited` from the final counters of
 * ended ones, `reaped` through parents that waited for them, `shared` where several cgroups of a slice ended together. What
 * is booked stays booked: these sums never fall.
 */
export const BOOKINGS = ['live', 'exited', 'reaped', 'shared'] as const;
type Booking = (typeof BOOKINGS)[number];

export interface UnitWindow {
  /** Stands for the unit in every window. */
  readonly series: object;
  /** `systemd.unit.name`; for a target that is no unit, its label. */
  readonly unit: string;
  /** Since when its cumulative figures count. */
  readonly startUnixMillis: number;
  /** Null for what removed cgroups share, which can be neither there nor waited for. */
  readonly present: boolean | null;
  /**
   * Cumulative CPU seconds of the unit by its cgroups' own counters; where these are not known, what is booked. Always the
   * sum of `bookedSeconds` and `unattributedSeconds`.
   */
  readonly cpuSeconds: number;
  /** Cumulative CPU seconds by booking. */
  readonly bookedSeconds: { readonly [B in Booking]: number };
  /**
   * CPU seconds that nothing is booked for, since `startUnixMillis`; null where the unit's own counter is not known. It
   * falls when a parent waits late for a child: what was unattributed is then booked as reaped.
   */
  readonly unattributedSeconds: number | null;
  /**
   * Share of the CPU time that is booked, from 0 to 1, over the windows of the last five minutes;
   * null where the unit used less than 0.1 s in them, or its own counter is not known.
   */
  readonly coverage: number | null;
  /** Mean cores used in this window, by the cgroup's counter, or by the rows where that is not known. */
  readonly cpuCores: number | null;
  /**
   * At the window's end: all that the memory controller charges to it (`memory.current`), page cache and kernel memory
   * included; where no such controller counts it, RSS of all its processes together. Null when absent.
   */
  readonly memoryBytes: number | null;
  /** Null where none are asked for, and for units that are folded into one. */
  readonly ranges: UnitRanges | null;
  /**
   * What else its cgroups tell, counters cumulative over all its instances; null where they tell nothing. Levels and
   * heights are null while it is absent.
   */
  readonly cgroup: CgroupFigures | null;
  /**
   * Cumulative bytes of dirty page cache that its processes dropped before they were written: submitted bytes that never
   * reached a device. Null while none of its processes' `io` could be read.
   */
  readonly cancelledWriteBytes: number | null;
  readonly processCount: number | null;
  /** Starts seen beyond the first. */
  readonly restarts: number | null;
  readonly executables: readonly ExecutableWindow[];
  /** Those with series of their own. */
  readonly processes: readonly ProcessWindow[];
  /**
   * All others together, those that have ended too: what a process used before and after it had series of its own is in
   * here. Null as long as there was nothing that had none.
   */
  readonly otherProcesses: ProcessFigures | null;
}

/** Cumulative bytes by counter; null while `io` of none of the processes could be read. */
type WindowBytes = Readonly<Record<IoCounter, number | null>>;

/** All processes of one executable name (and title) in one unit, the ended ones included in the cumulative figures. */
export interface ExecutableWindow extends WindowBytes {
  /** Stands for the name in this unit in every window. */
  readonly series: object;
  /** `process.executable.name`. Hostile text. */
  readonly executable: string;
  /** `process.title`, where processes are named by titles; null for those that have none. Hostile text. */
  readonly title: string | null;
  /** Since when its cumulative figures count. */
  readonly startUnixMillis: number;
  /** Cumulative: own and reaped CPU of the rows with this name. */
  readonly cpuSeconds: number;
  /** Mean cores in this window. */
  readonly cpuCores: number;
  /** RSS at the window's end. */
  readonly memoryBytes: number;
  /** Processes alive at the window's end. */
  readonly processCount: number;
}

/**
 * Whose series it is: one object in every window as long as the series lives, so that what is made from it can be kept by
 * it. Another one once the process runs another program. Texts are hostile.
 */
export interface SeriesProcess {
  readonly pid: number;
  /** Its parent when the series began. */
  readonly parentPid: number;
  /** `process.creation.time`, ISO 8601. */
  readonly createdAt: string;
  /** `process.executable.name`. */
  readonly executable: string;
  /** `process.title`, where processes are named by titles. */
  readonly title: string | null;
  /** Command line, only if it is shown. */
  readonly command: string | null;
  /** Path of its cgroup below the unit's own, with a leading `/`; null where it is in that one. */
  readonly subCgroup: string | null;
  /** The container and the pod that its cgroup is of, where the path shows any. */
  readonly container: ContainerPlace;
}

/** What one process did, or those of a unit together that have no series of their own. */
export interface ProcessFigures extends WindowBytes {
  /** Since when the cumulative figures count: its birth, when watching it began, or when the series did. */
  readonly startUnixMillis: number;
  /** Cumulative own CPU, by `cpu.mode`. All cumulative figures are null while they are among those of the others. */
  readonly userSeconds: number | null;
  readonly systemSeconds: number | null;
  /** Mean cores in this window, own CPU; null before a rate is known. */
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
  readonly diskBytesPerSecond: number | null;
  readonly transferBytesPerSecond: number | null;
  /** Null where none are asked for. */
  readonly details: ProcessDetails | null;
  /** Null where none are asked for, and for several processes together. */
  readonly ranges: ProcessRanges | null;
}

/** A process with series of its own. */
export interface ProcessWindow extends ProcessFigures {
  readonly process: SeriesProcess;
  /** It ended within this window: its counters are in it for the last time, and what it had at the end is not known. */
  readonly ended: boolean;
}
