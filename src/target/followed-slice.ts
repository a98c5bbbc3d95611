import type { DirectoryEvent, DirectoryEvents } from '../host/cgroup/directory-events.ts';
import type { FigureReader } from '../host/cgroup/figure-reader.ts';
import type { CgroupLayout } from '../host/cgroup/layout.ts';
import type { CgroupReader } from '../host/cgroup/reader.ts';
import type { ReadFailure } from '../host/read-failure.ts';
import type { CgroupInstance } from './cgroup-instance.ts';
import { type ChildrenReading, SliceChildren } from './slice-children.ts';
import { EndedEvents, type EventCounts, SliceEvents } from './slice-events.ts';
import { type EndedCpu, type ReadLife, SliceResidue } from './slice-residue.ts';
import type { TargetInstance } from './targets.ts';
import { ToldLives } from './told-lives.ts';

/** What all slices are read with. */
export interface SliceTools {
  readonly layout: CgroupLayout;
  readonly reader: CgroupReader;
  readonly figures: FigureReader;
  /** Null where the kernel does not tell what is made and removed. */
  readonly events: DirectoryEvents | null;
}

/**
 * A slice with more cgroups is not read, but for the minute after a target in it ended: without events all of them are
 * read each tick, with events when one was removed.
 */
const MOST_CHILDREN = 64;
const MOST_CHILDREN_WITH_EVENTS = 256;
/** Ticks between two readings of a slice in which nothing was removed. */
const CALM_TICKS = 20;
/** Readings after one in which something was removed: each brings the bounds of what was used closer. */
const CLOSING_READINGS = 2;
/** A slice that cannot be read, or has processes of its own, is tried again after so long. */
const RETRY_SECONDS = 10;

interface Read {
  readonly beforeSeconds: number;
  readonly afterSeconds: number | ReadFailure;
  readonly children: ChildrenReading | ReadFailure | 'mixed';
}

/**
 * A slice that targets are in, or were, or may come to be in: what its ended cgroups used, and which were made. In a
 * tick its methods are called in the order in which they stand here.
 */
export class FollowedSlice {
  /** The targets that are there, by directory name. */
  readonly #instances = new Map<string, CgroupInstance>();
  readonly #residue = new SliceResidue();
  readonly #events: EndedEvents;
  readonly #told = new ToldLives();
  readonly #path: string;
  readonly #tools: SliceTools;
  #children: SliceChildren | undefined;
  /** Of its directory. */
  #inode = Number.NaN;
  #notBefore = Number.NEGATIVE_INFINITY;
  #watch: number | null = null;
  /** Cgroups that ended and no event told of: if none comes, none ever does. */
  #untold: readonly string[] = [];
  #isDeaf = false;
  /** Names of removed cgroups since the reading before; null where some are not known. */
  #removed: Set<string> | null = new Set();
  #ticksSinceReading = 0;
  #readingsDue = 0;
  #beforeSeconds: number | undefined;
  #read: Read | undefined;

  constructor(path: string, tools: SliceTools) {
    this.#path = path;
    this.#tools = tools;
    this.#events = new EndedEvents(new SliceEvents(tools.layout.unitRoot + path, tools.figures));
  }

  /** The number of its watch; null where there are no events. */
  get watch(): number | null {
    return this.#watch;
  }

  /** Whether there is anything that it is read for. */
  get isFollowing(): boolean {
    return !this.#told.isEmpty;
  }

  follow(name: string): void {
    this.#residue.follow(name);
    this.#events.follow(name);
    this.#told.follow(name);
  }

  unfollow(name: string): void {
    this.#residue.unfollow(name);
    this.#events.unfollow(name);
    this.#told.unfollow(name);
  }

  /** A target has come to be there. */
  meet(name: string, instance: CgroupInstance): void {
    this.#instances.set(name, instance);
    // What was told may be of the next one already.
    if (instance.isThere) this.#told.noteMet(name);
  }

  /** Drops the targets that are gone. */
  keep(instances: ReadonlySet<TargetInstance>, atSeconds: number): void {
    for (const [name, instance] of this.#instances) {
      if (instances.has(instance)) continue;
      this.#instances.delete(name);
      this.#told.noteRestarts(name, instance.restarts);
      this.#noteEnd(name, atSeconds);
    }
  }

  /** Whether a target is there. */
  has(name: string): boolean {
    return this.#instances.has(name);
  }

  noteEvent(event: DirectoryEvent, name: string): void {
    this.#told.noteEvent(event, name);
    if (event === 'made') return;
    this.#removed?.add(name);
    this.#readingsDue = 1 + CLOSING_READINGS;
  }

  /** Some events were lost. */
  noteLoss(): void {
    this.#removed = null;
    this.#readingsDue = 1 + CLOSING_READINGS;
  }

  /** Reads the slice's own counter, in a tick in which all of it is to be read. */
  begin(atSeconds: number): void {
    this.#beforeSeconds = undefined;
    if (atSeconds < this.#notBefore) return;
    const stamp = SliceChildren.stampOf(this.#path, this.#tools.layout);
    if (typeof stamp === 'string' || stamp.inode !== this.#inode) this.close();
    if (typeof stamp === 'string') return;
    this.#inode = stamp.inode;
    this.#listen();
    if (stamp.children > this.#mostChildren && !this.#residue.isUnsettled(atSeconds)) {
      this.#stopReading();
      return;
    }
    const isNew = this.#children === undefined;
    this.#children ??= SliceChildren.open(this.#path, this.#tools.layout, this.#tools.reader);
    this.#ticksSinceReading++;
    const isDue = isNew || !this.#hears || this.#readingsDue > 0 || this.#ticksSinceReading >= CALM_TICKS;
    if (!isDue) return;
    const seconds = this.#children?.readSlice();
    if (typeof seconds === 'number') this.#beforeSeconds = seconds;
    else this.#retryLater(atSeconds);
  }

  /** Reads the cgroups of the slice, after the CPU of the instances was read. */
  read(): void {
    const lives = new Map<string, ReadLife>();
    for (const [name, instance] of this.#instances) {
      lives.set(name, instance.life);
      this.#events.noteLife(name, instance.life.inode, instance.lastCounters);
    }
    this.#residue.noteLives(lives);
    this.#read = undefined;
    if (this.#children === undefined || this.#beforeSeconds === undefined) return;
    const children = this.#children.readChildren();
    this.#read = { beforeSeconds: this.#beforeSeconds, children, afterSeconds: this.#children.readSlice() };
  }

  /** Books what was read, once the events of that time are noted. */
  settle(atSeconds: number): void {
    if (this.#read === undefined) return;
    const { beforeSeconds, afterSeconds, children } = this.#read;
    if (typeof children === 'string' || typeof afterSeconds !== 'number') {
      this.#retryLater(atSeconds);
      return;
    }
    this.#noteUntold(children);
    const removed = this.#hears ? this.#removed : null;
    const owner = this.#residue.settle({ atSeconds, beforeSeconds, afterSeconds, children, removed });
    this.#events.settle(children, owner);
    // Those that are told of and were read all the same end with the next reading.
    const early = [...(removed ?? [])].filter((name) => children.present.get(name)?.isNew === false);
    this.#removed = new Set(early);
    this.#ticksSinceReading = 0;
    this.#readingsDue = Math.max(0, this.#readingsDue - 1);
  }

  endedOf(name: string): EndedCpu | undefined {
    return this.#residue.endedOf(name);
  }

  /** How many cgroups of this name were made since it is followed, but for one that is no instance yet. */
  madeOf(name: string): number {
    return this.#told.madeOf(name);
  }

  /** How often instances of this name were started anew in their directory. */
  restartsOf(name: string): number {
    return this.#told.restartsOf(name) + (this.#instances.get(name)?.restarts ?? 0);
  }

  /** What happened to the memory of ended cgroups of this name beyond what was read of them. */
  eventsOf(name: string): EventCounts {
    return this.#events.of(name);
  }

  close(): void {
    if (this.#watch !== null) this.#tools.events?.unwatch(this.#watch);
    this.#watch = null;
    this.#stopReading();
  }

  #noteEnd(name: string, atSeconds: number): void {
    // While the slice is read, it tells itself.
    if (this.#children === undefined) this.#residue.noteEnd(name, atSeconds);
    this.#readingsDue = 1 + CLOSING_READINGS;
  }

  get #hears(): boolean {
    return this.#watch !== null && !this.#isDeaf;
  }

  #listen(): void {
    const { events, layout } = this.#tools;
    this.#watch ??= events?.watch(layout.unitRoot + this.#path) ?? null;
  }

  get #mostChildren(): number {
    return this.#hears ? MOST_CHILDREN_WITH_EVENTS : MOST_CHILDREN;
  }

  /** On some file systems nobody is told of what the kernel removes: what goes unsaid tells. */
  #noteUntold({ ended }: ChildrenReading): void {
    if (!this.#hears || this.#removed === null) return;
    const removed = this.#removed;
    this.#isDeaf = this.#untold.some((name) => !removed.has(name));
    this.#untold = ended.map(({ name }) => name).filter((name) => !removed.has(name));
  }

  #retryLater(atSeconds: number): void {
    this.#notBefore = atSeconds + RETRY_SECONDS;
    this.close();
  }

  #stopReading(): void {
    if (this.#children === undefined) return;
    this.#children.close();
    this.#children = undefined;
    this.#residue.forget();
  }
}
