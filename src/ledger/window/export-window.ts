import type { ContainerPlace } from '../../host/cgroup/container-path.ts';
import type { CgroupFigures } from '../../host/cgroup/figures.ts';
import type { IoCounter } from '../../host/proc/io.ts';
import type { ProcessDetails } from '../accounts/process-details.ts';
import type { ProcessRanges, UnitRanges } from '../accounts/window-ranges.ts';

/**
 * Contents of one export window, the only input of telemetry for data that is exported once a window. Immutable.
 * Unknown values are `null`, never NaN.
 *
 * "Cumulative" values count from `startUnixMillis` of their subject, and never decrease.
 */
export interface ExportWindow {
  /** 1, 2, 3, … */
  readonly sequence: number;
  readonly startUnixMillis: number;
  /** Time of all points of the window. */
  readonly endUnixMillis: number;
  /** Length of the window on the monotonic clock. */
  readonly seconds: number;
  readonly units: readonly UnitWindow[];
  readonly folded: FoldedCounts;
}

/** Number of subjects that have no series of their own in a window and are part of other series. */
export interface FoldedCounts {
  /** Existing units for which the series budget has no room. */
  readonly units: number;
  /** Existing processes whose executable name has no series. */
  readonly namedOther: number;
  /** Existing processes that are in the `other` series of their unit, … */
  readonly processes: number;
  /** … and those of them that lack series only because of the series budget. */
  readonly processesOverBudget: number;
}

/**
 * Bookings of a unit's CPU time: `live` from samples of living processes, `exited` from the final counters of ended
 * ones, `reaped` through parents that waited for them, `shared` if several cgroups of a slice ended together. Bookings
 * are final: these sums never decrease.
 */
export const BOOKINGS = ['live', 'exited', 'reaped', 'shared'] as const;
type Booking = (typeof BOOKINGS)[number];

export interface UnitWindow {
  /** Identifies the unit in every window. */
  readonly series: object;
  /** `systemd.unit.name`; for other targets, the label. */
  readonly unit: string;
  /** Start of its cumulative values. */
  readonly startUnixMillis: number;
  /** Null for shared CPU of removed cgroups, which has no presence. */
  readonly present: boolean | null;
  /**
   * Cumulative CPU seconds of the unit by its cgroups' own counters; if these are unknown, the booked CPU. Always the
   * sum of `bookedSeconds` and `unattributedSeconds`.
   */
  readonly cpuSeconds: number;
  /** Cumulative CPU seconds by booking. */
  readonly bookedSeconds: { readonly [B in Booking]: number };
  /**
   * CPU seconds without a booking, since `startUnixMillis`; null if the unit's own counter is unknown. Decreases when a
   * parent waits late for a child: unattributed CPU is then booked as reaped.
   */
  readonly unattributedSeconds: number | null;
  /**
   * Booked share of the CPU time, 0 to 1, over the windows of the last five minutes; null if the unit used less than
   * 0.1 s in them, or if its own counter is unknown.
   */
  readonly coverage: number | null;
  /** Mean cores in this window, by the cgroup's counter, or by the rows if it is unknown. */
  readonly cpuCores: number | null;
  /**
   * Memory at the window's end: `memory.current` (page cache and kernel memory included); without the memory
   * controller, the sum of RSS of all its processes. Null if absent.
   */
  readonly memoryBytes: number | null;
  /** Null if not requested, and for folded units. */
  readonly ranges: UnitRanges | null;
  /**
   * Other cgroup metrics, counters cumulative over all instances; null if none are known. Gauges are null while the
   * unit is absent.
   */
  readonly cgroup: CgroupFigures | null;
  /**
   * Cumulative bytes of dirty page cache that its processes dropped before they were written: submitted bytes that
   * never reached a device. Null until `io` of a process could be read.
   */
  readonly cancelledWriteBytes: number | null;
  readonly processCount: number | null;
  /** Number of starts beyond the first; null for shared CPU, and for units of a pattern without slots of their own. */
  readonly restarts: number | null;
  readonly executables: readonly ExecutableWindow[];
  /** Processes with series of their own. */
  readonly processes: readonly ProcessWindow[];
  /**
   * All other processes, ended ones included; contains what a process used before and after it had series of its own.
   * Null as long as no process belongs here.
   */
  readonly otherProcesses: ProcessFigures | null;
}

/** Cumulative bytes by counter; null until `io` of a process could be read. */
type WindowBytes = Readonly<Record<IoCounter, number | null>>;

/** All processes of one executable name (and title) in one unit; cumulative values include ended ones. */
export interface ExecutableWindow extends WindowBytes {
  /** Identifies the name in this unit in every window. */
  readonly series: object;
  /** `process.executable.name`. Hostile text. */
  readonly executable: string;
  /** `process.title`, if processes are named by titles; null for processes without one. Hostile text. */
  readonly title: string | null;
  /** Start of its cumulative values. */
  readonly startUnixMillis: number;
  /** Cumulative own and reaped CPU of the rows with this name. */
  readonly cpuSeconds: number;
  /** Mean cores in this window. */
  readonly cpuCores: number;
  /** RSS at the window's end. */
  readonly memoryBytes: number;
  /** Processes alive at the window's end. */
  readonly processCount: number;
}

/**
 * Subject of a series: the same object in every window as long as the series exists, so that derived data can be cached
 * by it. A process that executes another program gets a new object. Texts are hostile.
 */
export interface SeriesProcess {
  readonly pid: number;
  /** Its parent PID when the series began. */
  readonly parentPid: number;
  /** `process.creation.time`, ISO 8601. */
  readonly createdAt: string;
  /** `process.executable.name`. */
  readonly executable: string;
  /** `process.title`, if processes are named by titles. */
  readonly title: string | null;
  /** Command line, if it is shown. */
  readonly command: string | null;
  /** Path of its cgroup below the unit's own, with a leading `/`; null if it is in the unit's own cgroup. */
  readonly subCgroup: string | null;
  /** Container and pod of its cgroup, if the path shows any. */
  readonly container: ContainerPlace;
}

/** Values of one process, or of all processes of a unit without series of their own. */
export interface ProcessFigures extends WindowBytes {
  /** Start of the cumulative values: birth of the process, start of watching, or start of the series. */
  readonly startUnixMillis: number;
  /** Cumulative own CPU, by `cpu.mode`. All cumulative values are null while they are part of the `other` series. */
  readonly userSeconds: number | null;
  readonly systemSeconds: number | null;
  /** Mean cores of own CPU in this window; null before a rate is known. */
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
  readonly diskBytesPerSecond: number | null;
  readonly transferBytesPerSecond: number | null;
  /** Null if not requested. */
  readonly details: ProcessDetails | null;
  /** Null if not requested, and for several processes together. */
  readonly ranges: ProcessRanges | null;
}

/** A process with series of its own. */
export interface ProcessWindow extends ProcessFigures {
  readonly process: SeriesProcess;
  /** The process ended within this window: its counters are exported for the last time, and its gauges are unknown. */
  readonly ended: boolean;
}
