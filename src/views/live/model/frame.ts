import type { RunExited, RunStatistic } from '../../../ledger/document/run-document.ts';

/**
 * What the live view shows of one tick. The view is a function of a sequence of these, whatever they come from: a run
 * that goes on (`LedgerFrames`), or one that was recorded. To feed it:
 *
 *     const view = new LiveView(screen, { clock, … });
 *     view.show(frame);                // each frame once, in the order of time
 *     const moment = view.add(frame);  // the same, but not on the screen
 *     view.display(moment);            // this one, though others came after it
 *     view.reset();                    // before frames of another time: what was learnt of those before is forgotten
 *
 * Histories, exited rows and the rates of exit rows come from the frames that were shown or added. A frame is immutable, but
 * for `totals()`: to look back at a frame, settle its processes first. Text in it is hostile. Null is what is not known.
 */
export interface LiveFrame {
  /** Seconds that never go back within a sequence. */
  readonly atSeconds: number;
  readonly unixMillis: number;
  /** Seconds since the tick before, which the rates are of; 0 on the first. */
  readonly intervalSeconds: number;
  readonly run: LiveRun;
  /** In the order asked for. */
  readonly units: readonly LiveUnit[];
  /** Those that are there, oldest first, so that a parent stands before its children. */
  readonly processes: readonly LiveProcess[];
  /** Those that ended, or left their unit, in this tick. Their rates are null. */
  readonly ended: readonly LiveProcess[];
  /** Whether processes can have a `status`: a recording has none. */
  readonly hasStatus: boolean;
}

/** The run as a whole. */
export interface LiveRun {
  readonly elapsedSeconds: number;
  /** Null where it has no end of its own. */
  readonly remainingSeconds: number | null;
  /** Seconds between two ticks, as asked for. */
  readonly everySeconds: number;
  readonly missedTicks: number;
  /** Null where nothing is exported. */
  readonly delivery: LiveDelivery | null;
}

/** What becomes of the export. */
export interface LiveDelivery {
  /** How bad that is. `waiting`: nothing was sent yet. */
  readonly state: 'waiting' | 'delivered' | 'spooling' | 'failing';
  /** In words: `delivered 12 windows`. Printable. */
  readonly text: string;
}

/** One unit, or another target. */
export interface LiveUnit {
  /** Never used twice in a sequence. */
  readonly key: number;
  readonly name: string;
  /** Path of its cgroup when last seen; null if it has none of its own. A target may lie in the cgroup of another. */
  readonly cgroup: string | null;
  readonly present: boolean;
  /** It is no unit, but CPU that removed cgroups of a slice share. */
  readonly isShared: boolean;
  /** Lives so far. */
  readonly instances: number;
  readonly processCount: number;
  readonly threads: number | null;
  /** Percent of one core in this tick, by the cgroup's counter, or by the rows where there is none. */
  readonly cpuPercent: number | null;
  /** CPU of reaped descendants booked in this tick: part of `cpuPercent`. */
  readonly reapedPercent: number | null;
  /** What the memory controller charges to it, or RSS of all its processes where that is not known. */
  readonly memoryBytes: number | null;
  readonly memoryPeakBytes: number | null;
  readonly memoryIsResident: boolean;
  readonly diskBytesPerSecond: number | null;
  readonly transferBytesPerSecond: number | null;
  /** Since the watch began. Total by the cgroup; null where it has no counter. */
  readonly totalCpuSeconds: number | null;
  readonly attributedCpuSeconds: number;
  readonly unattributedCpuSeconds: number | null;
  /** Of these: reaped outside of the unit. */
  readonly reapedOutsideSeconds: number;
  readonly pressure: LivePressure;
  /** How often, and for how long, a CPU limit of its own held it back since the watch began. */
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
  readonly oomKills: number | null;
  /** What ended unseen, by name, since the watch began; heaviest first. */
  readonly exited: readonly RunExited[];
  /** All its processes by name, ended ones included: their CPU adds up to `attributedCpuSeconds`. In no order. */
  readonly names: readonly LiveName[];
  /**
   * The same by the sub-cgroup that each was last seen in: `name` is its path below the unit's cgroup, empty for the
   * unit's own. None where all of them were in one cgroup.
   */
  readonly subCgroups: readonly LiveName[];
}

/** All processes of one name, or one sub-cgroup, of a unit. */
export interface LiveName {
  readonly name: string;
  /** Processes since the watch began, ended ones included. */
  readonly count: number;
  /** Processes that are there now. */
  readonly running: number;
  /**
   * CPU that was booked to these processes in this tick, reaped CPU and that of ended ones included, over the
   * unit's own interval: the names of a unit add up to what was attributed to it.
   */
  readonly cpuPercent: number | null;
  /** The same since the watch began. */
  readonly cpuSeconds: number;
  /** Of these: of children that ended unseen, whose names are not known. */
  readonly reapedCpuSeconds: number;
  /** RSS of those that are there; null if it is not known of any. */
  readonly memoryBytes: number | null;
  /** The highest RSS of any one of them. */
  readonly peakMemoryBytes: number | null;
  readonly diskBytesPerSecond: number | null;
  readonly transferBytesPerSecond: number | null;
  readonly threads: number | null;
}

/** Share of time, 0 to 1, in which at least one task waited for a resource, mean over some 10 s. */
interface LivePressure {
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly io: number | null;
}

/**
 * One process in one tick. The rates of a process that started in this tick are over the whole tick, as those of its unit
 * are: the rows of a unit do not add up to more than the unit because some of them are young.
 */
export interface LiveProcess {
  /** Never used twice in a sequence, though a PID may be. */
  readonly key: number;
  /** `key` of its unit. */
  readonly unitKey: number;
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  /** Scrubbed; null where command lines are not read. */
  readonly command: string | null;
  /** Path of its cgroup below that of its unit; empty: the unit's own. */
  readonly subCgroup: string;
  /** When it started, on the scale of `LiveFrame.atSeconds`, to 10 ms. */
  readonly bornAtSeconds: number;
  readonly isZombie: boolean;
  readonly threads: number | null;
  /** Own CPU in this tick, in percent of one core. */
  readonly cpuPercent: number | null;
  /** CPU of reaped descendants booked to it in this tick. */
  readonly reapedPercent: number | null;
  readonly memoryBytes: number | null;
  readonly diskBytesPerSecond: number | null;
  readonly transferBytesPerSecond: number | null;
  /**
   * What it came to since it is watched: as of now, which may be later than this frame, unless it was settled. Asked for
   * only where it is shown or sorted by.
   */
  totals(): LiveTotals;
  /** As of when it is first asked for; null where it is not known. Asked for only where it is shown. */
  status(): LiveStatus | null;
  /** From now on `totals` stay as they are. */
  settle(): void;
}

/** What a process is at the moment, besides what is sampled. */
export interface LiveStatus {
  /** Effective user: name or number. Hostile text. */
  readonly user: string;
  /** One letter of proc_pid_status(5): R running, S sleeping, D waiting for a device, T stopped, Z zombie. */
  readonly state: string;
}

export type LiveStatistic = Pick<RunStatistic, 'min' | 'max' | 'avg'>;

/** What a process came to since it is watched. */
export interface LiveTotals {
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly reapedCpuSeconds: number;
  readonly diskBytes: number | null;
  readonly transferBytes: number | null;
  readonly peakMemoryBytes: number | null;
  readonly cpuPercent: LiveStatistic | null;
  readonly memoryBytes: LiveStatistic | null;
  readonly diskBytesPerSecond: LiveStatistic | null;
  readonly transferBytesPerSecond: LiveStatistic | null;
}
