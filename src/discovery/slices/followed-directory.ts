import { stampOf } from '../../host/cgroup/directory.ts';
import type { MemoryEvents } from '../../host/cgroup/memory-events.ts';
import type { CgroupInstance } from '../cgroups/cgroup-instance.ts';
import { type ChildrenReading, DirectoryChildren, isReadable } from '../events/directory-children.ts';
import { EntryLog } from '../events/entry-log.ts';
import { RemovedEvents, SliceEvents } from '../events/slice-events.ts';
import { OTHER, type Owner } from '../targets/owner.ts';
import type { DirectoryEnd, FollowTools } from './follow-tools.ts';
import { type DirectoryReading, RemovedCpu, type Rest } from './removed-cpu.ts';

/** Limits work to a share of one core on average, with bursts of up to `burstSeconds` of CPU. */
class CpuAllowance {
  readonly #share: number;
  readonly #burstSeconds: number;
  #leftSeconds: number;
  #atSeconds = Number.NaN;

  constructor(share: number, burstSeconds: number) {
    this.#share = share;
    this.#burstSeconds = burstSeconds;
    this.#leftSeconds = burstSeconds;
  }

  /** Does the work if any CPU is left for it. */
  run(atSeconds: number, work: (atSeconds: number) => void): void {
    const earned = (atSeconds - this.#atSeconds) * this.#share;
    this.#atSeconds = atSeconds;
    if (earned > 0) this.#leftSeconds = Math.min(this.#burstSeconds, this.#leftSeconds + earned);
    if (this.#leftSeconds <= 0) return;
    // CPU time, not elapsed time: on a busy machine most of the latter is spent waiting.
    const { user, system } = process.cpuUsage();
    work(atSeconds);
    const used = process.cpuUsage({ user, system });
    this.#leftSeconds -= (used.user + used.system) / 1e6;
  }
}

/** Ticks between two readings of a directory without removals. */
const CALM_TICKS = 20;
/** Additional readings after a removal: each narrows the bounds of the usage. */
const CLOSING_READINGS = 2;
/** Seconds before a directory that cannot be read, or has processes of its own, is tried again. */
const RETRY_SECONDS = 10;
/** Readings between two ticks take at most this share of a core, after a first burst of so many seconds of CPU. */
const EAGER_SHARE = 0.03;
const EAGER_BURST_SECONDS = 0.2;

/** A reading whose owners are determined after the events of its time are handled. */
interface Taken {
  readonly rest: Rest | null;
  readonly events: MemoryEvents;
  /** The first reading of the directory. */
  readonly isFirst: boolean;
}

/** A directory that contains, contained or may contain targets: usage and number of its removed cgroups. */
export class FollowedDirectory {
  readonly path: string;
  readonly #tools: FollowTools;
  readonly #instances = new Map<string, CgroupInstance>();
  readonly #removed: RemovedCpu;
  readonly #events: RemovedEvents;
  #children: DirectoryChildren | undefined;
  #log: EntryLog | undefined;
  /** The name of the event that is being handled. */
  #entryAtHand: string | null = null;
  #inode = Number.NaN;
  /** Whether the directory was created during the run: all its usage then belongs to the run. */
  #isNew: boolean;
  #end: DirectoryEnd | null = null;
  /** By inode: known usage of instances that were dropped before a reading found them gone. */
  readonly #dropped = new Map<number, number>();
  /** Inodes of instances that a reading found gone before they were dropped. */
  readonly #foundGone = new Set<number>();
  /** Names of cgroups whose removal an event has reported, until the next reading, which finds them gone. */
  readonly #reportedGone = new Set<string>();
  #notBefore = Number.NEGATIVE_INFINITY;
  #taken: Taken | null = null;
  /** Possible owners of the CPU of unseen cgroups at the previous reading. */
  #unseenOwner: Owner = OTHER;
  /** A reading is to be made once the events of the last one are handled. */
  #isEager = false;
  readonly #eager = new CpuAllowance(EAGER_SHARE, EAGER_BURST_SECONDS);
  #lastEndSeconds = Number.NEGATIVE_INFINITY;
  #ticksSinceReading = 0;
  #readingsDue = 0;

  constructor(path: string, isNew: boolean, tools: FollowTools) {
    this.path = path;
    this.#isNew = isNew;
    this.#tools = tools;
    this.#removed = new RemovedCpu((owner, seconds) => tools.bookCpu(path, owner, seconds));
    this.#events = new RemovedEvents(new SliceEvents(tools.layout.unitRoot + path, tools.figures));
    this.#settle(tools.monotonicSeconds());
  }

  get isGone(): boolean {
    return Number.isNaN(this.#inode);
  }

  /** The directory itself may have been removed or recreated. */
  noteItself(): void {
    const stamp = DirectoryChildren.stampOf(this.path, this.#tools.layout);
    const inode = typeof stamp === 'string' ? Number.NaN : stamp.inode;
    if (!Object.is(inode, this.#inode)) this.#settle(this.#tools.monotonicSeconds());
  }

  /** An instance was opened in the directory. */
  noteOpened(instance: CgroupInstance): void {
    this.noteItself();
    this.#instances.set(this.#nameOf(instance), instance);
  }

  noteEnded(instance: CgroupInstance): void {
    const name = this.#nameOf(instance);
    if (this.#instances.get(name) === instance) this.#instances.delete(name);
    this.#noteFoundGone(name);
    this.#lastEndSeconds = this.#tools.monotonicSeconds();
    this.#readingsDue = 1 + CLOSING_READINGS;
    if (this.#foundGone.delete(instance.cpuInode)) return;
    this.#dropped.set(instance.cpuInode, instance.usage.seconds);
    this.#noteInstanceRemoved(instance);
  }

  /**
   * A cgroup was created or removed. `look` opens and drops the affected instances; it is called before any read that
   * is not urgent.
   */
  noteEntry(name: string, look: () => void): void {
    const stamp = stampOf(`${this.#tools.layout.unitRoot}${this.path}/${name}`);
    const inode = typeof stamp === 'string' ? null : stamp.inode;
    const known = this.#instances.get(name)?.inode ?? this.#inodeOfChild(name, inode);
    const change = this.#log?.noteEvent(name, inode, known, this.#tools.turn()) ?? 'none';
    this.#entryAtHand = name;
    look();
    if (inode === null && change === 'removed' && this.#children !== undefined) this.#reportedGone.add(name);
    if (change === 'removed' || change === 'missed') {
      this.#readingsDue = 1 + CLOSING_READINGS;
      // It was neither an instance nor read by this class.
      if (known === null) this.#noteUnreadRemoved(name);
      this.#settleEagerly();
    }
    this.#entryAtHand = null;
  }

  /** The directory's own `cgroup.events` has changed: it may be removed next. */
  notePopulated(): void {
    if (this.#readingsDue > 0) this.#settleEagerly();
  }

  /** Performs the due readings. Call once a tick, after the CPU of the instances was read. */
  tick(atSeconds: number, isLast: boolean): void {
    this.#ticksSinceReading++;
    const isDue = this.#log === undefined || this.#readingsDue > 0 || this.#ticksSinceReading >= CALM_TICKS;
    if (isDue && atSeconds >= this.#notBefore) this.#settle(atSeconds);
    if (isLast) this.#assign();
  }

  /** Known usage of its cgroups if the directory was removed; null if it exists. */
  takeEnd(): DirectoryEnd | null {
    if (this.#children !== undefined) this.#settle(this.#tools.monotonicSeconds());
    this.#assign();
    const end = this.#end;
    this.#end = null;
    return end;
  }

  close(): void {
    this.#assign();
    this.#children?.close();
    this.#children = undefined;
    this.#removed.forget();
    this.#dropped.clear();
    this.#foundGone.clear();
    this.#reportedGone.clear();
  }

  /** Records the removal of a cgroup that was neither an instance nor read by this class. */
  #noteUnreadRemoved(name: string): void {
    const path = `${this.path}/${name}`;
    const end = this.#tools.endOf(path);
    const owner = end?.owner ?? this.#tools.ownerOf(path);
    if (end === null) this.#tools.noteUnseen(owner);
    this.#noteRemoved(owner, end?.seconds ?? 0, false);
  }

  /** The event of the removal is still to come, unless it is the current one, or was handled before this reading. */
  #noteFoundGone(name: string): void {
    if (name === this.#entryAtHand || this.#reportedGone.delete(name)) return;
    this.#log?.noteFoundGone(name);
  }

  /** Inode of a cgroup that this class read. On v1 it was read in another tree, so `inode` is used instead. */
  #inodeOfChild(name: string, inode: number | null): number | null {
    const child = this.#children?.present.get(name);
    if (child === undefined) return null;
    return this.#tools.layout.kind === 'v1' ? (inode ?? child.inode) : child.inode;
  }

  #noteInstanceRemoved(instance: CgroupInstance): void {
    this.#events.noteRemoved(instance.usage.counters);
    // Found by the last reading, which waits for its events: the instance was removed after that reading.
    const wasRead =
      this.#taken !== null &&
      this.#children?.present.get(this.#nameOf(instance))?.inode === instance.cpuInode;
    const { seconds } = instance.usage;
    this.#noteRemoved(this.#tools.ownerOf(instance.cgroup), seconds, instance.isFinal, wasRead);
  }

  #noteRemoved(owner: Owner, seconds: number, isFinal: boolean, wasRead = false): void {
    this.#removed.noteRemoved(owner, Number.isNaN(seconds) ? 0 : seconds, isFinal, wasRead);
  }

  /**
   * Reads where a last reading was missed: another cgroup, or the directory, may be removed next. At once, or, where an
   * earlier reading still waits for its events, after those.
   */
  #settleEagerly(): void {
    if (!this.#removed.hasMissed || this.#isEager) return;
    if (this.#taken === null) {
      this.#readEagerly();
      return;
    }
    this.#isEager = true;
    this.#tools.afterEvents(() => {
      this.#isEager = false;
      if (this.#removed.hasMissed) this.#readEagerly();
    });
  }

  #readEagerly(): void {
    this.#eager.run(this.#tools.monotonicSeconds(), (atSeconds) => this.#settle(atSeconds));
  }

  #settle(atSeconds: number): void {
    this.#assign();
    if (!this.#isOpen(atSeconds)) return;
    const children = this.#children!;
    const beforeSeconds = children.readOwn();
    const reading = children.readChildren((name) => this.#instances.has(name));
    const afterSeconds = children.readOwn();
    if (beforeSeconds === 'gone' || reading === 'gone' || afterSeconds === 'gone') {
      this.#finish();
      // The directory may have been recreated already.
      if (this.#isOpen(atSeconds)) this.#settle(atSeconds);
      return;
    }
    if (
      typeof beforeSeconds === 'string' ||
      typeof reading === 'string' ||
      typeof afterSeconds === 'string'
    ) {
      this.close();
      this.#notBefore = atSeconds + RETRY_SECONDS;
      return;
    }
    for (const child of reading.ended) this.#noteChildEnded(child);
    this.#dropped.clear();
    this.#noteGone(reading);
    this.#reportedGone.clear();
    this.#take({ beforeSeconds, afterSeconds, presentSeconds: reading.seconds }, reading);
    this.#ticksSinceReading = 0;
    this.#readingsDue = Math.max(0, this.#readingsDue - 1);
  }

  /** The event of a removal may still be on its way. */
  #take(cpu: DirectoryReading, reading: ChildrenReading): void {
    const isFirst = !this.#removed.hasBegun;
    if (isFirst) this.#removed.begin(cpu, this.#isNew);
    const rest = !isFirst || this.#isNew ? this.#removed.take(cpu) : null;
    this.#taken = { rest, events: this.#events.settle(reading), isFirst };
    this.#isNew = false;
    this.#tools.afterEvents(() => this.#assign());
  }

  /** Books the last reading. */
  #assign(): void {
    const taken = this.#taken;
    if (taken === null) return;
    this.#taken = null;
    const { rest, events, isFirst } = taken;
    const owner = this.#removed.pending;
    if (Object.values(events).some((count) => count !== 0)) this.#tools.bookEvents(owner, events);
    const unseen = this.#ownerOfUnseen(isFirst && rest !== null);
    if (rest !== null) this.#removed.settle(rest, unseen);
  }

  /**
   * A target that was awaited at the previous reading may have come and gone before the current instance: without
   * events, or if their events were delivered together, when only the current instance exists.
   */
  #ownerOfUnseen(isNew: boolean): Owner {
    const before = this.#unseenOwner;
    const owner = this.#tools.ownerOfUnseen(this.path, isNew);
    this.#unseenOwner = owner;
    return owner.kind === 'other' ? before : owner;
  }

  /** Finds instances that ended between two readings and whose events are still on their way. */
  #noteGone({ present }: ChildrenReading): void {
    for (const [name, instance] of this.#instances) {
      const inode = instance.cpuInode;
      if (present.get(name)?.inode === inode || Number.isNaN(inode) || this.#foundGone.has(inode)) continue;
      this.#foundGone.add(inode);
      this.#noteFoundGone(name);
      this.#noteInstanceRemoved(instance);
    }
  }

  #noteChildEnded({ name, inode, seconds, isFinal, isFromStart }: ChildrenReading['ended'][number]): void {
    const path = `${this.path}/${name}`;
    const instance = this.#instances.get(name);
    this.#noteFoundGone(name);
    const known = this.#dropped.get(inode);
    if (known !== undefined) {
      // CPU read here after the instance's last reading belongs to the instance, too.
      if (!(seconds > known)) return;
      this.#tools.bookCpu(this.path, this.#tools.ownerOf(path), seconds - known);
      this.#removed.noteRead(seconds - known);
    } else if (instance?.cpuInode === inode) {
      instance.usage.noteSeconds(seconds);
      this.#foundGone.add(inode);
      this.#noteInstanceRemoved(instance);
    } else {
      const end = this.#tools.endOf(path);
      const owner = end?.owner ?? this.#tools.ownerOf(path);
      const least = end !== null && end.seconds > seconds ? end.seconds : seconds;
      this.#noteRemoved(owner, least, isFinal);
      if (end === null && owner !== OTHER && !isFromStart) this.#tools.bookCpu(this.path, owner, seconds);
    }
  }

  /** Whether its counters are open; opens them if the directory exists. */
  #isOpen(atSeconds: number): boolean {
    const { layout } = this.#tools;
    const stamp = DirectoryChildren.stampOf(this.path, layout);
    const isSame = typeof stamp !== 'string' && stamp.inode === this.#inode;
    if (!isSame && !Number.isNaN(this.#inode)) this.#finish();
    if (typeof stamp === 'string') {
      // A directory that appears here later is new.
      if (stamp === 'gone') this.#isNew = true;
      return false;
    }
    this.#inode = stamp.inode;
    if (!this.#tools.isWatched(this.path)) this.#log = undefined;
    else this.#log ??= new EntryLog();
    if (!isReadable(stamp.children, this.#log !== undefined, atSeconds - this.#lastEndSeconds)) {
      this.close();
      return false;
    }
    this.#children ??= DirectoryChildren.open(this.path, this.#tools);
    return this.#children !== undefined;
  }

  /** The directory was removed with all its contents. */
  #finish(): void {
    for (const child of this.#children?.endAll() ?? []) this.#noteChildEnded(child);
    this.#end = { owner: this.#removed.pending, seconds: this.#removed.accountedSeconds };
    this.close();
    this.#inode = Number.NaN;
    this.#log = undefined;
    this.#isNew = true;
  }

  #nameOf({ cgroup }: CgroupInstance): string {
    return cgroup.slice(cgroup.lastIndexOf('/') + 1);
  }
}
