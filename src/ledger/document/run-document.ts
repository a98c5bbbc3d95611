import type { ProcessDetails } from '../accounts/process-details.ts';
import type { RunResources } from './run-resources.ts';

/**
 * The run document: results of a whole run. `--summary json` prints it; every other summary format, the structured log
 * records, `report` and `compare` are made from it. JSON Schema: `docs/run-document.schema.json`. Times are ISO 8601
 * UTC. Unknown is `null`, never 0.
 */
export interface RunDocument {
  readonly schema: 'unitledger.run/1';
  /** Time of the first sample; all values count from here. */
  readonly startedAt: string;
  /** Time at which the last sample was complete. */
  readonly endedAt: string;
  /** The requested sampling interval. */
  readonly intervalSeconds: number;
  /** Number of samples. */
  readonly samples: number;
  /** Number of samples that could not be taken in time. */
  readonly missedSamples: number;
  /** Number of samples that were skipped to stay within the CPU budget. */
  readonly stretchedSamples: number;
  readonly units: readonly RunUnit[];
  /** The kernel's exit records; null if not requested or not available. */
  readonly exitRecords: RunExitRecords | null;
  /** The kernel's process events; null if not requested or not available. */
  readonly processEvents: RunProcessEvents | null;
  /** Null without `-- COMMAND`. */
  readonly command: RunCommand | null;
  /** Outcome of the export; null if no windows are sent: export is disabled, or windows are only scraped. */
  readonly export: RunExport | null;
  /** Outcome of the spans; null if none were to be sent. */
  readonly traces: RunTraceExport | null;
}

/** One requested unit (or cgroup, process tree, command), whether it ever existed or not. */
export interface RunUnit {
  /** Name of the unit, or label of another target. May be hostile text: escape it in output. */
  readonly unit: string;
  /** Its cgroup path below the cgroup root when last seen; null if never seen, or if it has none. */
  readonly cgroup: string | null;
  /** Number of instances during the run, the one found at the start included; 0: never seen. */
  readonly instances: number;
  /**
   * Number of units of a pattern that are combined in this row, with their processes in `exited`: if more units exist
   * than slots, those that were gone longest. 0: a single unit, or a pattern without matches.
   */
  readonly foldedUnits: number;
  readonly cpu: RunUnitCpu;
  readonly totals: RunUnitTotals;
  /** Metrics of its cgroups other than CPU; null if none could be read, or if it has no cgroup. */
  readonly resources: RunResources | null;
  /** Processes with rows of their own, running or exited, oldest first. */
  readonly processes: readonly RunProcess[];
  /** Exited processes without rows of their own, by name. */
  readonly exited: readonly RunExited[];
  /**
   * All processes by name (those of `processes` and `exited`), most CPU first. Their CPU adds up to
   * `attributedSeconds`.
   */
  readonly names: readonly RunName[];
  /**
   * All processes by the cgroup in which they were last seen, most CPU first; the same processes as in `names`. Empty
   * if all were in one cgroup, and for folded units.
   */
  readonly subCgroups: readonly RunSubCgroup[];
}

export interface RunUnitCpu {
  /**
   * CPU during the run by the unit's cgroup (`cpu.stat` `usage_usec`) and, for removed cgroups, by its slice; null if
   * unknown.
   */
  readonly totalSeconds: number | null;
  /** Sum of the rows: `cpuSeconds + reapedCpuSeconds` of `processes`, and `cpuSeconds` of `exited`. */
  readonly attributedSeconds: number;
  /** `totalSeconds` less `attributedSeconds`, by cause; null if `totalSeconds` is unknown. */
  readonly unattributed: {
    /**
     * Used by processes that were reaped outside the unit (PID 1, a subreaper elsewhere); null if not known separately.
     */
    readonly reapedOutsideSeconds: number | null;
    /** Auto-reaped (SIGCHLD ignored) or of unknown cause. */
    readonly unknownSeconds: number;
  } | null;
  /** `attributedSeconds / totalSeconds`; null if the total is unknown or zero. */
  readonly coverage: number | null;
  /**
   * Equal to `totalSeconds` in the row `(shared in SLICE)`, which is not a unit: CPU of removed cgroups of the slice
   * that cannot be assigned to a unit. 0 for units.
   */
  readonly sharedSeconds: number | null;
}

/** Totals over all processes of a unit. */
export interface RunUnitTotals extends RunBytes {
  /** Number of processes that were seen, those in `exited` included. */
  readonly processesSeen: number;
  /** Number of processes alive at the same time. */
  readonly processesAlive: RunStatistic | null;
  /** Percent of one core, by the unit's own counter if known. */
  readonly cpuPercent: RunStatistic | null;
  /** Sum of RSS: shared pages count once for each process. */
  readonly memoryBytes: RunStatistic | null;
  readonly diskBytesPerSecond: RunStatistic | null;
  readonly transferBytesPerSecond: RunStatistic | null;
}

/** Bytes during the run; for a unit, the sum over `processes` and `exited`, as far as it is known. */
export interface RunBytes {
  readonly diskBytes: number | null;
  readonly transferBytes: number | null;
  /**
   * `cancelled_write_bytes`: submitted bytes (included in `diskBytes`) that were truncated or deleted before write-back
   * by this process, even if another process wrote them.
   */
  readonly cancelledWriteBytes: number | null;
}

/** Over the sample intervals in which a process had a rate. `avg` is time-weighted: total over observed time. */
export interface RunStatistic {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  /** 95th percentile of the samples, at most 2.5% too high. Can be below the mean if the value is rarely above 0. */
  readonly p95: number;
  /**
   * Time of the first sample that had the maximum; a rate covers the time since the previous sample, or since the birth
   * if later.
   */
  readonly maxAt: string;
  /** The same in seconds since `startedAt`, by the monotonic clock. */
  readonly maxAfterSeconds: number;
}

export interface RunProcess extends RunBytes {
  readonly pid: number;
  /** `comm` of the kernel, decoded as UTF-8. Hostile text: escape it in output. */
  readonly name: string;
  readonly ppid: number;
  readonly startedAt: string | null;
  /** Null if it was still running at the end of the run. */
  readonly endedAt: string | null;
  /**
   * From its start to its end, or to the end of the run, by the monotonic clock; to 10 ms. Null if `startedAt` is null.
   */
  readonly livedSeconds: number | null;
  /**
   * Shell convention: 128 + signal number if a signal ended it. Null while it ran, and without an exit record
   * (`--exit-records`).
   */
  readonly exitCode: number | null;
  /** Command line, only with `--show-cmdline`. Hostile text: escape it in output. */
  readonly command: string | null;
  /**
   * Path of its cgroup below the unit's own when last seen, with a leading `/`; null if it was in the unit's own
   * cgroup, or the target has none. Hostile text: escape it in output.
   */
  readonly subCgroup: string | null;
  /** Number of samples that contain it. */
  readonly samples: number;
  /** Percent of one core. */
  readonly cpuPercent: RunStatistic | null;
  readonly memoryBytes: RunStatistic | null;
  /** `read_bytes + write_bytes` a second. */
  readonly diskBytesPerSecond: RunStatistic | null;
  /** `rchar + wchar` a second. */
  readonly transferBytesPerSecond: RunStatistic | null;
  /** Its own CPU during the run. */
  readonly cpuSeconds: number;
  /** CPU during the run of descendants that it waited for and that have no row of their own. */
  readonly reapedCpuSeconds: number;
  /** Requested details (`--process-details`); null if none are requested. */
  readonly details: RunProcessDetails | null;
}

/** Last readings and peaks of levels; counters over the run. */
export interface RunProcessDetails extends ProcessDetails {
  readonly peakThreads: number | null;
  readonly peakOpenDescriptors: number | null;
  readonly peakPssBytes: number | null;
}

/**
 * Exited processes of one name: processes beyond `--summary-rows`, folded together, or processes that ended unseen and
 * are known from exit records (`--exit-records`). One name may have a row of each kind.
 */
export interface RunExited extends RunBytes {
  /** `comm`. Hostile text: escape it in output. */
  readonly name: string;
  readonly count: number;
  readonly cpuSeconds: number;
  readonly peakMemoryBytes: number | null;
  /**
   * True for processes that ended unseen: `count` is exact; CPU and bytes are shares of their parents' counters, and
   * are subtracted from the parents' rows.
   */
  readonly apportioned: boolean;
  /**
   * Number of processes by exit code other than 0. Shell convention: 128 + signal number if a signal ended them. Null
   * if unknown.
   */
  readonly exitCodes: { readonly [code: string]: number } | null;
}

/** All processes of one name in a unit: sums, as in `RunExited`; `peakMemoryBytes` is the peak of any one process. */
export interface RunName extends RunExited {
  /** Number of processes still running at the end of the run. */
  readonly running: number;
  /** `cpuSeconds` over the length of the run, in percent of one core; null for a run of length 0. */
  readonly cpuPercent: number | null;
}

/** All processes of one cgroup of a unit, without those of cgroups below it. */
export interface RunSubCgroup extends Omit<RunName, 'name' | 'apportioned'> {
  /**
   * Path below the unit's own cgroup, with a leading `/`; null: the unit's own. Cgroups beyond a thousand share the row
   * `(other)`. Hostile text: escape it in output. CPU of processes that ended unseen is booked to the cgroup of the
   * process that waited for them.
   */
  readonly subCgroup: string | null;
}

/** Number of the kernel's messages about the whole machine while they were read. */
export interface KernelCounts {
  readonly received: number;
  /** Lost because the receive buffer was full. */
  readonly lost: number;
}

/** Counts of the kernel's messages, and the time until which they were read. */
interface RunKernelCounts extends KernelCounts {
  /**
   * Time at which `--exit-records=auto` stopped reading because it cost too much: later messages are not counted. Null
   * if it read to the end.
   */
  readonly stoppedAt: string | null;
}

/** Exit records: one for each thread. Processes whose record was lost have no name. */
export interface RunExitRecords extends RunKernelCounts {}

/** Process events: births, execs, renames and exits. If some were lost, only samples and exit records cover that time. */
interface RunProcessEvents extends RunKernelCounts {}

/** The command of the run (`-- COMMAND`). */
export interface RunCommand {
  /** Shell convention: 128 + signal number if a signal ended it; null if the end of `--duration` ended it. */
  readonly exitCode: number | null;
}

/** Number of export windows by outcome. */
export interface RunExport {
  readonly delivered: number;
  readonly failed: number;
  readonly spooled: number;
}

/** Number of spans of the run, and of their batches by outcome. */
export interface RunTraceExport extends RunExport {
  /** Created spans: of processes, of folds and of roots. */
  readonly spans: number;
  /** Processes in folded spans (`--trace-spans`). */
  readonly foldedProcesses: number;
  /** Spans that the collector rejected in accepted batches. */
  readonly rejectedSpans: number;
}
