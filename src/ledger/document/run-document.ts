import type { ProcessDetails } from '../accounts/process-details.ts';
import type { RunResources } from './run-resources.ts';

/**
 * The run document: what a whole run measured, as one value. `--summary json` prints it as it stands, and
 * every other summary format, the structured log records, and later `report` and `compare` are made from it.
 * `docs/run-document.schema.json` is its JSON Schema. Times are ISO 8601 UTC. Unknown is `null`, never 0.
 */
export interface RunDocument {
  readonly schema: 'unitledger.run/1';
  /** When the first sample was taken: the figures count from here. */
  readonly startedAt: string;
  /** When the last sample had been taken. */
  readonly endedAt: string;
  /** The sampling interval asked for. */
  readonly intervalSeconds: number;
  /** Samples taken. */
  readonly samples: number;
  /** Ticks that could not be taken in time. */
  readonly missedSamples: number;
  /** Ticks that were left out on purpose, for the CPU budget. */
  readonly stretchedSamples: number;
  readonly units: readonly RunUnit[];
  /** The kernel's exit records; null if not requested or unavailable. */
  readonly exitRecords: RunExitRecords | null;
  /** The kernel's process events; null if not requested or unavailable. */
  readonly processEvents: RunProcessEvents | null;
  /** The command of the run; null without one. */
  readonly command: RunCommand | null;
  /** Outcome of the export; null where nothing was to be exported. */
  readonly export: RunExport | null;
  /** Outcome of the spans; null if none were to be sent. */
  readonly traces: RunTraceExport | null;
}

/** One unit (or cgroup, process tree, command) that was asked for, whether it was ever seen or not. */
export interface RunUnit {
  /** The unit's name, or the label of a target that is no unit. Hostile text is possible: escape to print. */
  readonly unit: string;
  /** Path of its cgroup below the cgroup root, when last seen; null if it was never seen or has none. */
  readonly cgroup: string | null;
  /** How many times it was seen to start while watched, the instance found at the start included; 0: never seen. */
  readonly instances: number;
  /**
   * How many units of a pattern stand in it together, their processes in `exited`: of more units than have places, those
   * that were gone longest. 0: it is one unit, or a pattern that has matched none.
   */
  readonly foldedUnits: number;
  readonly cpu: RunUnitCpu;
  readonly totals: RunUnitTotals;
  /** Metrics of its cgroups other than CPU; null where none could be read, or it has no cgroup. */
  readonly resources: RunResources | null;
  /** Processes with rows of their own: those still alive at the end and those that exited, oldest first. */
  readonly processes: readonly RunProcess[];
  /** Exited processes without a row of their own, by name. */
  readonly exited: readonly RunExited[];
  /** All processes by name, those of `processes` and of `exited`, most CPU first. Their CPU adds up to `attributedSeconds`. */
  readonly names: readonly RunName[];
  /**
   * All processes by the cgroup that they were last seen in, most CPU first: what `names` adds up, added up by cgroup.
   * Empty where all of them were in one cgroup, and of units that are folded into one.
   */
  readonly subCgroups: readonly RunSubCgroup[];
}

export interface RunUnitCpu {
  /**
   * What the unit's cgroup says that it used while watched (`cpu.stat` `usage_usec`), and its slice of cgroups that
   * have ended; null where unknown.
   */
  readonly totalSeconds: number | null;
  /** What the rows add up to: `cpuSeconds + reapedCpuSeconds` of `processes`, and `cpuSeconds` of `exited`. */
  readonly attributedSeconds: number;
  /** `totalSeconds` less `attributedSeconds`, by cause; null where `totalSeconds` is unknown. */
  readonly unattributed: {
    /** Used by processes that were reaped outside the unit (PID 1, a subreaper elsewhere); null: not known apart. */
    readonly reapedOutsideSeconds: number | null;
    /** Auto-reaped (SIGCHLD ignored) or of unknown cause. */
    readonly unknownSeconds: number;
  } | null;
  /** `attributedSeconds / totalSeconds`; null where the total is unknown or the unit used nothing. */
  readonly coverage: number | null;
  /**
   * All of `totalSeconds` in the row `(shared in SLICE)`, which is no unit: CPU of removed cgroups of the slice that cannot be
   * assigned to a unit. 0 for units.
   */
  readonly sharedSeconds: number | null;
}

/** What a unit's processes came to together. */
export interface RunUnitTotals extends RunBytes {
  /** Processes that were seen, those in `exited` included. */
  readonly processesSeen: number;
  /** Processes that were alive at a time. */
  readonly processesAlive: RunStatistic | null;
  /** Percent of one core, by the unit's own counter where that is known. */
  readonly cpuPercent: RunStatistic | null;
  /** Sum of their RSS: pages that they share are in it once for each. */
  readonly memoryBytes: RunStatistic | null;
  readonly diskBytesPerSecond: RunStatistic | null;
  readonly transferBytesPerSecond: RunStatistic | null;
}

/** Bytes while watched; of a unit, what the rows of `processes` and `exited` add up to, as far as it is known. */
export interface RunBytes {
  readonly diskBytes: number | null;
  readonly transferBytes: number | null;
  /**
   * `cancelled_write_bytes`: bytes submitted (they are in `diskBytes`) and truncated or deleted before write-back, by this
   * process, even if another wrote them.
   */
  readonly cancelledWriteBytes: number | null;
}

/** Over the sample intervals in which a process had a rate. `avg` is time-weighted: total over observed time. */
export interface RunStatistic {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  /** 95th percentile of the samples, at most 2.5% too high. A figure that is seldom above 0 has a mean above it. */
  readonly p95: number;
  /** When the sample was taken that first had the maximum; a rate covers the time since the previous sample, or since the birth if later. */
  readonly maxAt: string;
  /** The same as seconds since `startedAt`, by the monotonic clock. */
  readonly maxAfterSeconds: number;
}

export interface RunProcess extends RunBytes {
  readonly pid: number;
  /** `comm` as the kernel has it, decoded as UTF-8. Hostile text: escape to print. */
  readonly name: string;
  readonly ppid: number;
  readonly startedAt: string | null;
  /** null while it still ran at the end of the run. */
  readonly endedAt: string | null;
  /** From its start to its end, or to the end of the run, by the monotonic clock; to 10 ms. Null where `startedAt` is. */
  readonly livedSeconds: number | null;
  /**
   * As shells have it: 128 and the signal's number if a signal ended it. Null while it ran, and where the kernel's exit
   * records (`--exit-records`) did not tell.
   */
  readonly exitCode: number | null;
  /** Command line, only with `--show-cmdline`. Hostile text: escape to print. */
  readonly command: string | null;
  /**
   * Path of its cgroup below the unit's own, with a leading `/`, as last seen; null where that is the unit's own, or the
   * target has none. Hostile text: escape to print.
   */
  readonly subCgroup: string | null;
  /** Samples that saw it. */
  readonly samples: number;
  /** Percent of one core. */
  readonly cpuPercent: RunStatistic | null;
  readonly memoryBytes: RunStatistic | null;
  /** `read_bytes + write_bytes` a second. */
  readonly diskBytesPerSecond: RunStatistic | null;
  /** `rchar + wchar` a second. */
  readonly transferBytesPerSecond: RunStatistic | null;
  /** Its own CPU while watched. */
  readonly cpuSeconds: number;
  /** What descendants that it waited for used while watched and no row of their own holds. */
  readonly reapedCpuSeconds: number;
  /** More of it, as far as `--process-details` asks; null where it asks for nothing. */
  readonly details: RunProcessDetails | null;
}

/** Levels as they were last read, and the highest that was; counters while watched. */
export interface RunProcessDetails extends ProcessDetails {
  readonly peakThreads: number | null;
  readonly peakOpenDescriptors: number | null;
  readonly peakPssBytes: number | null;
}

/**
 * Exited processes of one name: those that had rows of their own beyond `--summary-rows`, folded together, or those that
 * ended unseen, by the kernel's exit records (`--exit-records`). One name may have a row of each kind.
 */
export interface RunExited extends RunBytes {
  /** `comm`. Hostile text: escape to print. */
  readonly name: string;
  readonly count: number;
  readonly cpuSeconds: number;
  readonly peakMemoryBytes: number | null;
  /**
   * They ended unseen: `count` is exact, while CPU and bytes are theirs as a share of what their parents' counters say,
   * and are in no parent's row any more.
   */
  readonly apportioned: boolean;
  /**
   * How many ended with each exit code that is not 0, by code, as shells have it: 128 and the signal's number if a signal
   * ended them. Null where it is not known.
   */
  readonly exitCodes: { readonly [code: string]: number } | null;
}

/** All processes of one name in a unit: sums, as in `RunExited`; `peakMemoryBytes` is the highest of any one process. */
export interface RunName extends RunExited {
  /** How many of them still ran at the end of the run. */
  readonly running: number;
  /** `cpuSeconds` over the length of the run, in percent of one core; null where that is 0. */
  readonly cpuPercent: number | null;
}

/** All processes of one cgroup of a unit, those of cgroups below it left out. */
export interface RunSubCgroup extends Omit<RunName, 'name' | 'apportioned'> {
  /**
   * Its path below the unit's own cgroup, with a leading `/`; null: the unit's own. Cgroups beyond a thousand share one
   * row, `(other)`. Hostile text: escape to print. CPU of processes that ended unseen is where the process was that
   * waited for them.
   */
  readonly subCgroup: string | null;
}

/** What the kernel sent of the whole machine while it was read. */
export interface KernelCounts {
  readonly received: number;
  /** Had no room in the receive buffer. */
  readonly lost: number;
}

/** Counts of what the kernel sent, and until when it was read. */
interface RunKernelCounts extends KernelCounts {
  /**
   * When `--exit-records=auto` stopped reading because it cost too much: nothing later is in the counts. Null if it read to
   * the end.
   */
  readonly stoppedAt: string | null;
}

/** Exit records: one of each thread. What ended with a lost one has no name. */
export interface RunExitRecords extends RunKernelCounts {}

/** Process events: births, program changes, renames and ends. Where some were lost, samples and exit records remain. */
interface RunProcessEvents extends RunKernelCounts {}

/** The command that a run was of (`-- COMMAND`). */
export interface RunCommand {
  /** As shells have it: 128 and the signal's number if a signal ended it; null where the end of `--duration` did. */
  readonly exitCode: number | null;
}

/** Export windows by outcome. */
export interface RunExport {
  readonly delivered: number;
  readonly failed: number;
  readonly spooled: number;
}

/** Spans of the run, and the batches that they were sent in by outcome. */
export interface RunTraceExport extends RunExport {
  /** Spans that were made: of processes, of folds and of roots. */
  readonly spans: number;
  /** Processes that share a span with others (`--trace-spans`). */
  readonly foldedProcesses: number;
  /** Spans that the collector rejected of batches that it took. */
  readonly rejectedSpans: number;
}
