import type { FigureReader } from '../../host/cgroup/figure-reader.ts';
import { MEMORY_EVENTS, type MemoryEvents, parseMemoryEvents } from '../../host/cgroup/memory-events.ts';
import type { ChildrenReading, PresentChild } from './directory-children.ts';

/** No event, as far as is known. */
export const NO_EVENTS: MemoryEvents = countsOf(() => 0);

const UNKNOWN: MemoryEvents = countsOf(() => null);

/** `a` and `b` together; what is not known of either is not known. */
function sumOfEvents(a: MemoryEvents, b: MemoryEvents): MemoryEvents {
  return countsOf((key) => (a[key] === null || b[key] === null ? null : a[key] + b[key]));
}

/** How much more there is in `a` than in `b`: never less than nothing. */
function moreEvents(a: MemoryEvents, b: MemoryEvents): MemoryEvents {
  return countsOf((key) => (a[key] === null || b[key] === null ? null : Math.max(0, a[key] - b[key])));
}

/**
 * What happened to the memory of cgroups of one slice that have ended. Who is killed for lack of memory is gone a moment
 * later, cgroup and all; but the slice counts the events of all that is in it (`memory.events`), and goes on to.
 */
export class SliceEvents {
  readonly #directory: string;
  readonly #figures: FigureReader;
  #slice: MemoryEvents | null = null;
  /** By inode of its directory: a cgroup's counts at the last reading, as far as they are known. */
  readonly #counts = new Map<number, MemoryEvents>();

  constructor(directory: string, figures: FigureReader) {
    this.#directory = directory;
    this.#figures = figures;
  }

  /**
   * Reads the slice, and where anything happened, and the first time, the cgroups that are there. Returns what those
   * counted since the last reading that have ended since.
   */
  read(present: ReadonlyMap<string, PresentChild>): MemoryEvents {
    const now = this.#countsIn('');
    const before = this.#slice;
    this.#slice = now;
    if (now === null) return NO_EVENTS;
    if (before === null) {
      for (const [name, { inode }] of present) this.#counts.set(inode, this.#countsIn(name) ?? UNKNOWN);
      return NO_EVENTS;
    }
    let grown = moreEvents(now, before);
    if (MEMORY_EVENTS.some((key) => grown[key] !== 0)) {
      for (const [name, child] of present) grown = moreEvents(grown, this.#grownIn(name, child));
    } else {
      // Nothing happened to those that are new, either.
      for (const { inode } of present.values())
        if (!this.#counts.has(inode)) this.#counts.set(inode, NO_EVENTS);
    }
    return grown;
  }

  /** The counts that a cgroup had at the last reading, now that it has ended: nothing of one that was not met. */
  take(inode: number): MemoryEvents {
    const counts = this.#counts.get(inode) ?? NO_EVENTS;
    this.#counts.delete(inode);
    return counts;
  }

  #grownIn(name: string, { inode }: PresentChild): MemoryEvents {
    const now = this.#countsIn(name) ?? UNKNOWN;
    const before = this.#counts.get(inode) ?? NO_EVENTS;
    this.#counts.set(inode, now);
    return moreEvents(now, before);
  }

  /** Of a cgroup in the slice, or of the slice itself. */
  #countsIn(name: string): MemoryEvents | null {
    const path = name === '' ? this.#directory : `${this.#directory}/${name}`;
    const counts = this.#figures.read(`${path}/memory.events`, parseMemoryEvents);
    return typeof counts === 'string' ? null : counts;
  }
}

function countsOf(count: (key: keyof MemoryEvents) => number | null): MemoryEvents {
  return Object.fromEntries(MEMORY_EVENTS.map((key) => [key, count(key)])) as unknown as MemoryEvents;
}

/** What happened to the memory of removed cgroups of one slice beyond what was read of each. */
export class RemovedEvents {
  readonly #slice: SliceEvents;
  /** What was read of those removed since the last reading. */
  #read: MemoryEvents = NO_EVENTS;

  constructor(slice: SliceEvents) {
    this.#slice = slice;
  }

  /** An instance was removed; null where its events could not be read. */
  noteRemoved(events: MemoryEvents | null): void {
    this.#read = sumOfEvents(this.#read, events ?? UNKNOWN);
  }

  /** What happened since the last reading; of what is not known, nothing. */
  settle({ present, ended }: ChildrenReading): MemoryEvents {
    let events = this.#slice.read(present);
    for (const { inode } of ended) events = sumOfEvents(events, this.#slice.take(inode));
    const news = moreEvents(events, this.#read);
    this.#read = NO_EVENTS;
    return countsOf((key) => news[key] ?? 0);
  }
}
