import type { OfQuantities } from '../../../ledger/document/quantities.ts';
import type { RunExited, RunStatistic } from '../../../ledger/document/run-document.ts';

/**
 * The data of one tick for the live view. The view is a function of a sequence of frames from any source: a run
 * in progress (`LedgerFrames`), or a recording. To feed it:
 *
 *     const view = new LiveView(screen, { clock, … });
 *     view.show(frame);                // each frame once, in order of time
 *     const moment = view.add(frame);  // the same, without drawing it
 *     view.display(moment);            // this one, although others came after it
 *     view.reset();                    // before frames of another time: forgets the previous ones
 *
 * Histories, exited rows and the rates of exit rows come from the frames that were shown or added. A frame is immutable, except
 * `totals()`: to look back at a frame, settle its processes first. Text in it is hostile. Null means unknown.
 */
export interface LiveFrame {
  /** Seconds, which never go back within a sequence. */
  readonly atSeconds: number;
  readonly unixMillis: number;
  /** Seconds since the previous tick, over which rates are computed; 0 on the first. */
  readonly intervalSeconds: number;
  readonly run: LiveRun;
  /** In the order of the options. */
  readonly units: readonly LiveUnit[];
  /** Live processes, oldest first, so that a parent precedes its children. */
  readonly processes: readonly LiveProcess[];
  /** Processes that ended, or left their unit, in this tick. Their rates are null. */
  readonly ended: readonly LiveProcess[];
  /** Whether processes can have a `status`: a recording has none. */
  readonly hasStatus: boolean;
}

/** The run as a whole. */
export interface LiveRun {
  readonly elapsedSeconds: number;
  /** Null without --duration. */
  readonly remainingSeconds: number | null;
  /** Configured seconds between two ticks. */
  readonly everySeconds: number;
  readonly missedTicks: number;
  /** Null without export. */
  readonly delivery: LiveDelivery | null;
}

/** State of the export. */
export interface LiveDelivery {
  /** Severity. `waiting`: nothing was sent yet. */
  readonly state: 'waiting' | 'delivered' | 'spooling' | 'failing';
  /** In words: `delivered 12 windows`. Printable. */
  readonly text: string;
}

/** One unit, or another target. */
export interface LiveUnit extends OfQuantities<number | null> {
  /** Never used twice in a sequence. */
  readonly key: number;
  readonly name: string;
  /** Path of its cgroup when last seen; null without a cgroup. A target may be inside the cgroup of another. */
  readonly cgroup: string | null;
  readonly present: boolean;
  /** It is no unit, but shared CPU of removed cgroups of a slice. */
  readonly isShared: boolean;
  /** Instances so far. */
  readonly instances: number;
  readonly processCount: number;
  readonly threads: number | null;
  /** Percent of one core in this tick, by the cgroup's counter, or by the rows without one. */
  readonly cpuPercent: number | null;
  /** CPU of reaped descendants booked in this tick: part of `cpuPercent`. */
  readonly reapedPercent: number | null;
  /** Memory charged to it, or RSS of all its processes if that is unknown. */
  readonly memoryBytes: number | null;
  readonly memoryPeakBytes: number | null;
  readonly memoryIsResident: boolean;
  /** Since the start of the run. Total by the cgroup; null without a counter. */
  readonly totalCpuSeconds: number | null;
  readonly attributedCpuSeconds: number;
  readonly unattributedCpuSeconds: number | null;
  /** Part of these: reaped outside the unit. */
  readonly reapedOutsideSeconds: number;
  readonly pressure: LivePressure;
  /** Number and seconds of throttling by its own CPU limit since the start of the run. */
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
  readonly oomKills: number | null;
  /** Processes that ended unseen, by name, since the start of the run; heaviest first. */
  readonly exited: readonly RunExited[];
  /** All its processes by name, ended ones included: their CPU adds up to `attributedCpuSeconds`. In no order. */
  readonly names: readonly LiveName[];
  /**
   * The same by the last sub-cgroup of each: `name` is its path below the unit's cgroup, empty for the
   * unit's own. Empty if all of them were in one cgroup.
   */
  readonly subCgroups: readonly LiveName[];
}

/** All processes of one name, or one sub-cgroup, of a unit. */
export interface LiveName extends OfQuantities<number | null> {
  readonly name: string;
  /** Processes since the start of the run, ended ones included. */
  readonly count: number;
  /** Live processes. */
  readonly running: number;
  /**
   * CPU that was booked to these processes in this tick, reaped CPU and that of ended ones included, over the
   * unit's own interval: the names of a unit add up to its attributed CPU.
   */
  readonly cpuPercent: number | null;
  /** The same since the start of the run. */
  readonly cpuSeconds: number;
  /** Part of these: CPU of children that ended unseen, without known names. */
  readonly reapedCpuSeconds: number;
  /** RSS of the live ones; null if unknown for all. */
  readonly memoryBytes: number | null;
  /** The highest RSS of any one process. */
  readonly peakMemoryBytes: number | null;
  readonly threads: number | null;
}

/** Share of time, 0 to 1, in which at least one task waited for a resource, mean over about 10 s. */
interface LivePressure {
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly io: number | null;
}

/**
 * One process in one tick. The rates of a process that started in this tick are over the whole tick, like those of its unit,
 * so that the rows of new processes do not add up to more than the unit.
 */
export interface LiveProcess extends OfQuantities<number | null> {
  /** Unique in a sequence, although a PID may be reused. */
  readonly key: number;
  /** `key` of its unit. */
  readonly unitKey: number;
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  /** With masked secrets; null if command lines are not read. */
  readonly command: string | null;
  /** Path of its cgroup below that of its unit; empty: the unit's own. */
  readonly subCgroup: string;
  /** Start time on the scale of `LiveFrame.atSeconds`, to 10 ms. */
  readonly bornAtSeconds: number;
  readonly isZombie: boolean;
  readonly threads: number | null;
  /** Own CPU in this tick, in percent of one core. */
  readonly cpuPercent: number | null;
  /** CPU of reaped descendants booked to it in this tick. */
  readonly reapedPercent: number | null;
  /**
   * Totals since its first sample, up to now, which may be later than this frame, unless it was settled. Called
   * only if needed for display or sorting.
   */
  totals(): LiveTotals;
  /** State at the first call; null if unknown. Called only for display. */
  status(): LiveStatus | null;
  /** Keeps `totals` unchanged from now on. */
  settle(): void;
}

/** Current properties of a process that are not sampled. */
export interface LiveStatus {
  /** Effective user: name or number. Hostile text. */
  readonly user: string;
  /** One letter of proc_pid_status(5): R running, S sleeping, D waiting for a device, T stopped, Z zombie. */
  readonly state: string;
}

export type LiveStatistic = Pick<RunStatistic, 'min' | 'max' | 'avg'>;

/** Totals of a process since its first sample. */
export interface LiveTotals extends OfQuantities<LiveStatistic | null> {
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly reapedCpuSeconds: number;
  readonly diskBytes: number | null;
  readonly transferBytes: number | null;
  readonly peakMemoryBytes: number | null;
}
