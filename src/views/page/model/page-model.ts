import type {
  RunExitRecords,
  RunExport,
  RunProcess,
  RunUnit,
} from '../../../ledger/document/run-document.ts';
import type { PageSeries } from './series.ts';

/**
 * What the page shows: the contract between who has a run (a report's data block, a live stream) and the page that draws
 * it. docs/page-model.md has it in words. JSON; text in it is hostile; null is what is not known.
 *
 * A model is whole, or an increment: the same shape with no more than what changed. An increment is merged by key:
 * `run` and `points` take the place of what was there from `points.from` on, a unit or a process that is there already
 * is replaced but for its series, which go on from each one's `from`; marks take the place of those from
 * `points.from` on.
 */
export interface PageModel {
  readonly schema: 'unitledger.page/1';
  readonly run: PageRun;
  readonly points: PagePoints;
  /** In the order asked for. */
  readonly units: readonly PageUnit[];
  /** Those with rows of their own, oldest first within a unit. */
  readonly processes: readonly PageProcess[];
  /**
   * Keys of processes that have no rows any more: they are summed up by name, and are among their units' `others`, from
   * `points.from` on by its series, before that by what was known of them. None in a whole model.
   */
  readonly gone: readonly number[];
  /** In the order of time. */
  readonly marks: readonly PageMark[];
}

/** The run as a whole. */
export interface PageRun {
  /** Version of unitledger. */
  readonly program: string;
  readonly hostName: string | null;
  readonly startedAt: string;
  /** When it ended, or where it stands. */
  readonly endedAt: string;
  readonly goesOn: boolean;
  /** Seconds between two samples, as asked for. */
  readonly intervalSeconds: number;
  readonly samples: number;
  readonly missedSamples: number;
  readonly stretchedSamples: number;
  readonly exitRecords: RunExitRecords | null;
  readonly export: RunExport | null;
  /** What is missing of it, a sentence each. */
  readonly missing: readonly string[];
}

/** The time axis that all series share: points of equal length, one or more samples each. */
export interface PagePoints {
  /** Index of the first point in the model. */
  readonly from: number;
  /** Seconds in a point. */
  readonly stepSeconds: number;
  /** Since 1970: where point 0 begins. */
  readonly startUnixMillis: number;
  /** Seconds of each that samples cover; 0: none did, and nothing is known of it. */
  readonly seconds: readonly number[];
}

/** One unit: of the run document all but its processes, and its series. */
export interface PageUnit {
  /** Never used twice. */
  readonly key: number;
  readonly totals: Omit<RunUnit, 'processes'>;
  readonly series: PageUnitSeries;
}

/** One process. */
export interface PageProcess {
  /** Never used twice, though a PID may be. */
  readonly key: number;
  /** Key of its unit. */
  readonly unit: number;
  /** Key of its parent, or of who was that when it was first seen, in the same unit; null where that is no row. */
  readonly parent: number | null;
  /** As the run document has it. */
  readonly totals: RunProcess;
  /** When it executed programs, in seconds after its birth; absent if no process event reported any. */
  readonly execsAfterSeconds?: readonly number[];
  /** Null where it has none of its own: what it used is in `others` of its unit. */
  readonly series: PageProcessSeries | null;
}

/** Mean of each point, or what the name says. Null where nothing of it is known. */
export interface PageProcessSeries {
  /** Own CPU, in cores. */
  readonly cpu: PageSeries | null;
  /** The highest of a point's samples; null where a point has but one. */
  readonly cpuMax: PageSeries | null;
  /** CPU of descendants that it waited for and that have no row, in cores. */
  readonly reaped: PageSeries | null;
  /** RSS, bytes; less where it was there for a part of the point only. */
  readonly memory: PageSeries | null;
  readonly memoryMax: PageSeries | null;
  /** `read_bytes + write_bytes`, bytes a second. */
  readonly disk: PageSeries | null;
  /** `rchar + wchar`, bytes a second. */
  readonly transfer: PageSeries | null;
}

export interface PageUnitSeries {
  /** All that it used, by its cgroup, or by its rows where that does not count, in cores. */
  readonly cpu: PageSeries | null;
  readonly cpuMin: PageSeries | null;
  readonly cpuMax: PageSeries | null;
  /** CPU of descendants that were waited for and have no row, in cores. */
  readonly reaped: PageSeries | null;
  /** What no row accounts for, in cores. */
  readonly unattributed: PageSeries | null;
  /** What the memory controller charges to it, page cache included, bytes: the highest of a point. */
  readonly charged: PageSeries | null;
  readonly processCount: PageSeries | null;
  /** Rows that began and that ended, a second. */
  readonly born: PageSeries | null;
  readonly ended: PageSeries | null;
  /** Seconds a second that a CPU limit held it back. */
  readonly throttled: PageSeries | null;
  /** Share of time in which at least one task waited. */
  readonly cpuPressure: PageSeries | null;
  readonly memoryPressure: PageSeries | null;
  readonly ioPressure: PageSeries | null;
  /** Processes without series of their own, by name; none where each has its own. */
  readonly others: readonly PageOthers[];
}

/** The processes of one name that have no series of their own, together. */
export interface PageOthers {
  /** Hostile text; null: all names that there was no room for. */
  readonly name: string | null;
  readonly series: PageProcessSeries;
}

/** Something that happened to a unit, so often in a point. */
export interface PageMark {
  readonly kind: PageMarkKind;
  readonly unit: number;
  /** Index of the point. */
  readonly point: number;
  readonly count: number;
}

/**
 * `start`: an instance began while it was watched; `stop`: the unit was there, and is no more; `oomKill`: the kernel killed
 * a process of it for lack of memory; `memoryLimit`: its memory reached its limit (`memory.events` `max`).
 */
export type PageMarkKind = 'start' | 'stop' | 'oomKill' | 'memoryLimit';
