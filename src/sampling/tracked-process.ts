import type { InstanceActivity } from './instance-activity.ts';
import type { ProcessIdentity } from './sample.ts';

/** No descriptor is held. */
export const UNHELD = -1;

/**
 * A row's process, with the descriptors that are held on its files. A descriptor on `stat` is bound to the process
 * and not to its number: once it has been reaped, reads fail, even if the number is in use again.
 */
export class TrackedProcess implements ProcessIdentity {
  readonly serial: number;
  readonly slot: number;
  readonly pid: number;
  readonly startTicks: number;
  readonly bornAtSeconds: number;
  readonly startedUnixMillis: number;
  /** The instance that it was found in. */
  readonly instance: number;
  readonly activity: InstanceActivity;
  comm = '';
  title: string | null = null;
  executable = '';
  command: string | null = null;
  subCgroup = '';
  /** How often its arguments were looked at. */
  argumentReads = 0;
  /** Of the `comm` that it is named by. */
  nameHash = 0;
  statDescriptor = UNHELD;
  statmDescriptor = UNHELD;
  ioDescriptor = UNHELD;
  readonly foundAtTick: number;
  /** Another row of the same PID: each target that holds the process has one. */
  nextOfPid: TrackedProcess | undefined;
  /** It ran since it was found, or since it last rested for long: what is read of it is held open then. */
  hasRun = false;
  /** The tick in which `stat` was last read, and whether it ran since. */
  statReadAtTick: number;
  statIsStale = false;
  /** RSS as last read from `stat`: approximate. */
  rssPages = -1;
  /** As last read from `statm`. */
  textPages = 0;
  /** The tick in which its clock was read before anything else. */
  readAheadAtTick = -1;
  /** The tick in which its CPU last moved. */
  movedAtTick: number;
  /** The tick in which it was last listed as a member. */
  listedAtTick: number;
  /** Its leader has exited while other threads live; and one of these, 0 where none is known. */
  isLeaderless = false;
  livingThread = 0;
  /** Its `io` was refused: it is asked again at a slow pace only. */
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
    this.statReadAtTick = tick;
    this.movedAtTick = tick;
    this.listedAtTick = tick;
  }

  get name(): string {
    return this.title ?? this.comm;
  }
}
