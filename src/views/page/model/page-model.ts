import type {
  RunExitRecords,
  RunExport,
  RunProcess,
  RunUnit,
} from '../../../ledger/document/run-document.ts';
import type { PageSeries } from './series.ts';

/**
 * The data of the page: the contract between the producer (a report's data block, a live stream) and the page that draws
 * it. docs/page-model.md describes it. JSON; text in it is hostile; null means unknown.
 *
 * A model is whole, or an increment: the same shape with only the changes. An increment is merged by key:
 * `run` and `points` replace the previous ones from `points.from` on, an existing unit or process
 * is replaced except for its series, which continue from their `from`; marks replace those from
 * `points.from` on.
 */
export interface PageModel {
  readonly schema: 'unitledger.page/1';
  readonly run: PageRun;
  readonly points: PagePoints;
  /** In the order of the options. */
  readonly units: readonly PageUnit[];
  /** Processes with rows, oldest first within a unit. */
  readonly processes: readonly PageProcess[];
  /**
   * Keys of processes without rows from now on: they are summed by name in their units' `others`, from
   * `points.from` on by its series, before that by their own series. Empty in a whole model.
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
  /** End of the run, or the current time of it. */
  readonly endedAt: string;
  readonly goesOn: boolean;
  /** Configured seconds between two samples. */
  readonly intervalSeconds: number;
  readonly samples: number;
  readonly missedSamples: number;
  readonly stretchedSamples: number;
  readonly exitRecords: RunExitRecords | null;
  readonly export: RunExport | null;
  /** Missing parts, one sentence each. */
  readonly missing: readonly string[];
}

/** The time axis that all series share: points of equal length, one or more samples each. */
export interface PagePoints {
  /** Index of the first point in the model. */
  readonly from: number;
  /** Seconds in a point. */
  readonly stepSeconds: number;
  /** Start of point 0, in milliseconds since 1970. */
  readonly startUnixMillis: number;
  /** Seconds of each point that samples cover; 0: unknown. */
  readonly seconds: readonly number[];
}

/** One unit: its part of the run document without processes, and its series. */
export interface PageUnit {
  /** Unique in a run. */
  readonly key: number;
  readonly totals: Omit<RunUnit, 'processes'>;
  readonly series: PageUnitSeries;
  /** Its processes without rows of their own, as far as it is known when they lived; those with most processes first. */
  readonly folds: readonly PageFold[];
}

/** Processes of one name without rows of their own that descend from one row. All of them have ended. */
export interface PageFold {
  /** Key of the process that they descend from; null where that is no row. */
  readonly parent: number | null;
  /** Hostile text. */
  readonly name: string;
  readonly count: number;
  /** Those that exited with another code than 0, or that a signal ended. */
  readonly failed: number;
  /** When at least one of them was there, in seconds on the time axis: in the order of time, short gaps left out. */
  readonly stretches: readonly (readonly [from: number, to: number])[];
}

/** One process. */
export interface PageProcess {
  /** Unique in a run, although a PID may be reused. */
  readonly key: number;
  /** Key of its unit. */
  readonly unit: number;
  /** Key of its parent when it was first seen, in the same unit; null if the parent has no row. */
  readonly parent: number | null;
  /** The row of the run document. */
  readonly totals: RunProcess;
  /** Times at which it executed programs, in seconds after its birth; absent without process events. */
  readonly execsAfterSeconds?: readonly number[];
  /** Null without series of its own: its use is in `others` of its unit. */
  readonly series: PageProcessSeries | null;
}

/** Means of each point, unless the name says otherwise. Null if no point is known. */
export interface PageProcessSeries {
  /** Own CPU, in cores. */
  readonly cpu: PageSeries | null;
  /** The highest sample of a point; null with one sample per point. */
  readonly cpuMax: PageSeries | null;
  /** CPU of descendants that it waited for and that have no row, in cores. */
  readonly reaped: PageSeries | null;
  /** RSS in bytes; less if it was present for only a part of the point. */
  readonly memory: PageSeries | null;
  readonly memoryMax: PageSeries | null;
  /** `read_bytes + write_bytes`, bytes a second. */
  readonly disk: PageSeries | null;
  /** `rchar + wchar`, bytes a second. */
  readonly transfer: PageSeries | null;
}

export interface PageUnitSeries {
  /** Total CPU by its cgroup, or by its rows without a counter, in cores. */
  readonly cpu: PageSeries | null;
  readonly cpuMin: PageSeries | null;
  readonly cpuMax: PageSeries | null;
  /** CPU of descendants that were waited for and have no row, in cores. */
  readonly reaped: PageSeries | null;
  /** Unattributed CPU, in cores. */
  readonly unattributed: PageSeries | null;
  /** Memory charged to it, page cache included, in bytes: the maximum of a point. */
  readonly charged: PageSeries | null;
  readonly processCount: PageSeries | null;
  /** Rows that began and that ended, per second. */
  readonly born: PageSeries | null;
  readonly ended: PageSeries | null;
  /** Throttled seconds per second, by a CPU limit. */
  readonly throttled: PageSeries | null;
  /** Share of time in which at least one task waited. */
  readonly cpuPressure: PageSeries | null;
  readonly memoryPressure: PageSeries | null;
  readonly ioPressure: PageSeries | null;
  /** Processes without series of their own, by name; empty if each has its own. */
  readonly others: readonly PageOthers[];
}

/** The processes of one name that have no series of their own, together. */
export interface PageOthers {
  /** Hostile text; null: all names without room. */
  readonly name: string | null;
  readonly series: PageProcessSeries;
}

/** An event of a unit, with its count in a point. */
export interface PageMark {
  readonly kind: PageMarkKind;
  readonly unit: number;
  /** Index of the point. */
  readonly point: number;
  readonly count: number;
}

/**
 * `start`: an instance began during the run; `stop`: the unit ended; `oomKill`: the kernel killed
 * a process of it for lack of memory; `memoryLimit`: its memory reached its limit (`memory.events` `max`).
 */
export type PageMarkKind = (typeof PAGE_MARKS)[number];

/** In the order of the marks of one point. */
export const PAGE_MARKS = ['stop', 'start', 'memoryLimit', 'oomKill'] as const;
