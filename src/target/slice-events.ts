import type { FigureReader } from '../host/cgroup/figure-reader.ts';
import { type MemoryEvents, parseMemoryEvents } from '../host/cgroup/memory-events.ts';
import type { ChildrenReading, PresentChild } from './slice-children.ts';

/** Counts of events; null where that is not known. */
export type EventCounts = { readonly [K in keyof MemoryEvents]: number | null };

const EVENTS = [
  'memoryLowEvents',
  'memoryHighEvents',
  'memoryMaxEvents',
  'memoryOomEvents',
  'memoryOomKills',
] as const satisfies (keyof MemoryEvents)[];

/** No event, as far as is known. */
export const NO_EVENTS: EventCounts = countsOf(() => 0);

const UNKNOWN: EventCounts = countsOf(() => null);

/** `a` and `b` together; what is not known of either is not known. */
export function sumOfEvents(a: EventCounts, b: EventCounts): EventCounts {
  return countsOf((key) => (a[key] === null || b[key] === null ? null : a[key] + b[key]));
}

/** How much more there is in `a` than in `b`: never less than nothing. */
function moreEvents(a: EventCounts, b: EventCounts): EventCounts {
  return countsOf((key) => (a[key] === null || b[key] === null ? null : Math.max(0, a[key] - b[key])));
}

/**
 * What happened to the memory of cgroups of one slice that have ended. Who is killed for lack of memory is gone a moment
 * later, cgroup and all; but the slice counts the events of all that is in it (`memory.events`), and goes on to.
 */
export class SliceEvents {
  readonly #directory: string;
  readonly #figures: FigureReader;
  #slice: EventCounts | null = null;
  /** By inode of its directory: a cgroup's counts at the last reading, as far as they are known. */
  readonly #counts = new Map<number, EventCounts>();

  constructor(directory: string, figures: FigureReader) {
    this.#directory = directory;
    this.#figures = figures;
  }

  /**
   * Reads the slice, and where anything happened, and the first time, the cgroups that are there. Returns what those
   * counted since the last reading that have ended since.
   */
  read(present: ReadonlyMap<string, PresentChild>): EventCounts {
    const now = this.#countsIn('');
    const before = this.#slice;
    this.#slice = now;
    if (now === null) return NO_EVENTS;
    if (before === null) {
      for (const [name, { inode }] of present) this.#counts.set(inode, this.#countsIn(name) ?? UNKNOWN);
      return NO_EVENTS;
    }
    let grown = moreEvents(now, before);
    if (EVENTS.some((key) => grown[key] !== 0)) {
      for (const [name, child] of present) grown = moreEvents(grown, this.#grownIn(name, child));
    } else {
      // Nothing happened to those that are new, either.
      for (const { inode } of present.values())
        if (!this.#counts.has(inode)) this.#counts.set(inode, NO_EVENTS);
    }
    return grown;
  }

  /** The counts that a cgroup had at the last reading, now that it has ended: nothing of one that was not met. */
  take(inode: number): EventCounts {
    const counts = this.#counts.get(inode) ?? NO_EVENTS;
    this.#counts.delete(inode);
    return counts;
  }

  #grownIn(name: string, { inode }: PresentChild): EventCounts {
    const now = this.#countsIn(name) ?? UNKNOWN;
    const before = this.#counts.get(inode) ?? NO_EVENTS;
    this.#counts.set(inode, now);
    return moreEvents(now, before);
  }

  /** Of a cgroup in the slice, or of the slice itself. */
  #countsIn(name: string): EventCounts | null {
    const path = name === '' ? this.#directory : `${this.#directory}/${name}`;
    const counts = this.#figures.read(`${path}/memory.events`, parseMemoryEvents);
    return typeof counts === 'string' ? null : counts;
  }
}

function countsOf(count: (key: keyof MemoryEvents) => number | null): EventCounts {
  return Object.fromEntries(EVENTS.map((key) => [key, count(key)])) as unknown as EventCounts;
}

interface Followed {
  events: EventCounts;
  /** By inode: what is booked of a life by reading it on its own. */
  readonly booked: Map<number, EventCounts>;
}

/** What happened to the memory of ended lives by unit, beyond what was read of them while they lived. */
export class EndedEvents {
  readonly #slice: SliceEvents;
  readonly #followed = new Map<string, Followed>();

  constructor(slice: SliceEvents) {
    this.#slice = slice;
  }

  follow(name: string): void {
    if (!this.#followed.has(name)) this.#followed.set(name, { events: NO_EVENTS, booked: new Map() });
  }

  unfollow(name: string): void {
    this.#followed.delete(name);
  }

  of(name: string): EventCounts {
    return this.#followed.get(name)?.events ?? NO_EVENTS;
  }

  /** What was last read of a life on its own; null where nothing could be. */
  noteLife(name: string, inode: number, events: EventCounts | null): void {
    this.#followed.get(name)?.booked.set(inode, events ?? UNKNOWN);
  }

  /** Books a reading of the slice's cgroups; `owner` is the one whose ended cgroups were the only ones. */
  settle({ present, ended }: ChildrenReading, owner: string | undefined): void {
    const grown = this.#slice.read(present);
    let events = grown;
    let booked = NO_EVENTS;
    for (const { name, inode } of ended) {
      const counts = this.#slice.take(inode);
      const followed = this.#followed.get(name);
      if (name === owner) events = sumOfEvents(events, counts);
      if (name === owner) booked = sumOfEvents(booked, followed?.booked.get(inode) ?? NO_EVENTS);
      followed?.booked.delete(inode);
    }
    const followed = owner === undefined ? undefined : this.#followed.get(owner);
    if (followed === undefined) return;
    // What is not known is left out.
    const news = moreEvents(events, booked);
    followed.events = countsOf((key) => followed.events[key]! + (news[key] ?? 0));
  }
}
