import type { InstanceActivity } from './instance-activity.ts';
import type { ProcessIdentity } from './sample.ts';

/** No descriptor is held. */
export const UNHELD = -1;
/** A number that was not read yet. */
export const UNREAD = -1;

/**
 * The process of a row, with the descriptors held on its files. A descriptor on `stat` is bound to the process, not to
 * its PID: after the process has been reaped, reads fail, even if the PID is in use again.
 */
export class TrackedProcess implements ProcessIdentity {
  readonly serial: number;
  readonly slot: number;
  readonly pid: number;
  readonly startTicks: number;
  readonly bornAtSeconds: number;
  readonly startedUnixMillis: number;
  /** Serial of the instance in which the process was found. */
  readonly instance: number;
  readonly activity: InstanceActivity;
  comm = '';
  title: string | null = null;
  executable = '';
  command: string | null = null;
  subCgroup = '';
  /** Number of times that its arguments were read since its `comm` last changed. */
  argumentReads = 0;
  /** Hashes of the `comm` from which the names were read, and of the bytes of `cmdline` from which `command` was. */
  nameHash = 0;
  argumentHash = 0;
  statDescriptor = UNHELD;
  statmDescriptor = UNHELD;
  ioDescriptor = UNHELD;
  /** Descriptors are short, so only `statm` and `io` are held, which are read more often than `stat`. */
  holdsOnlyCounters = false;
  readonly foundAtTick: number;
  /** Another row of the same PID: each target that contains the process has one. */
  nextOfPid: TrackedProcess | undefined;
  /**
   * Whether the process ran since it was found, or since it was last idle for long: only then are its files held open.
   */
  hasRun = false;
  /** Whether the process ran since `stat` was last read. */
  statIsStale = false;
  /** The tick in which `stat` was last read. */
  statReadAtTick = -1;
  /** RSS as last read from `stat`; approximate. */
  rssPages = -1;
  /** As last read from `statm`. */
  textPages = UNREAD;
  /** The tick in which its clock was read ahead. */
  readAheadAtTick = -1;
  /** The tick in which its CPU clock last advanced. */
  movedAtTick: number;
  /** The tick in which it was last listed as a member. */
  listedAtTick: number;
  /** Whether the leader has exited while other threads run, and one of these threads; 0 if none is known. */
  isLeaderless = false;
  livingThread = 0;
  /** Access to `io` was denied: it is retried at a slow pace only. */
  ioRefused = false;

  constructor(
    serial: number,
    slot: number,
    pid: number,
    startTicks: number,
    bornAtSeconds: number,
    startedUnixMillis: number,
    instance: number,
    activity: InstanceActivity,
    tick: number,
  ) {
    this.serial = serial;
    this.slot = slot;
    this.pid = pid;
    this.startTicks = startTicks;
    this.bornAtSeconds = bornAtSeconds;
    this.startedUnixMillis = startedUnixMillis;
    this.instance = instance;
    this.activity = activity;
    this.foundAtTick = tick;
    this.movedAtTick = tick;
    this.listedAtTick = tick;
  }

  get name(): string {
    return this.title ?? this.comm;
  }
}
