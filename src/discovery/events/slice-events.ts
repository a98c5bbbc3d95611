import type { FigureReader } from '../../host/cgroup/figure-reader.ts';
import { MEMORY_EVENTS, type MemoryEvents, parseMemoryEvents } from '../../host/cgroup/memory-events.ts';
import type { ChildrenReading, PresentChild } from './directory-children.ts';

/** All counts 0. */
export const NO_EVENTS: MemoryEvents = countsOf(() => 0);

const UNKNOWN: MemoryEvents = countsOf(() => null);

/** Sum; null if either is unknown. */
function sumOfEvents(a: MemoryEvents, b: MemoryEvents): MemoryEvents {
  return countsOf((key) => (a[key] === null || b[key] === null ? null : a[key] + b[key]));
}

/** Difference, at least 0; null if either is unknown. */
function moreEvents(a: MemoryEvents, b: MemoryEvents): MemoryEvents {
  return countsOf((key) => (a[key] === null || b[key] === null ? null : Math.max(0, a[key] - b[key])));
}

/**
 * Memory events of ended cgroups of one slice. A cgroup often disappears immediately after an OOM kill, but the slice's
 * `memory.events` includes the events of all its cgroups, and remains.
 */
export class SliceEvents {
  readonly #directory: string;
  readonly #figures: FigureReader;
  #slice: MemoryEvents | null = null;
  /** Counts of a cgroup at the last reading, by inode of its directory; null if unknown. */
  readonly #counts = new Map<number, MemoryEvents>();

  constructor(directory: string, figures: FigureReader) {
    this.#directory = directory;
    this.#figures = figures;
  }

  /**
   * Reads the slice and, on the first call or if its counts changed, the existing cgroups. Returns the events of
   * cgroups that ended since the last reading.
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
      // New cgroups had no events either.
      for (const { inode } of present.values())
        if (!this.#counts.has(inode)) this.#counts.set(inode, NO_EVENTS);
    }
    return grown;
  }

  /** Removes and returns the counts that an ended cgroup had at the last reading; 0 for an unknown cgroup. */
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

  /** Counts of a cgroup in the slice, or of the slice itself. */
  #countsIn(name: string): MemoryEvents | null {
    const path = name === '' ? this.#directory : `${this.#directory}/${name}`;
    const counts = this.#figures.read(`${path}/memory.events`, parseMemoryEvents);
    return typeof counts === 'string' ? null : counts;
  }
}

function countsOf(count: (key: keyof MemoryEvents) => number | null): MemoryEvents {
  return Object.fromEntries(MEMORY_EVENTS.map((key) => [key, count(key)])) as unknown as MemoryEvents;
}

/** Memory events of removed cgroups of one slice beyond their last readings. */
export class RemovedEvents {
  readonly #slice: SliceEvents;
  /** Events read from the cgroups that were removed since the last reading. */
  #read: MemoryEvents = NO_EVENTS;

  constructor(slice: SliceEvents) {
    this.#slice = slice;
  }

  /** Records the removal of an instance; null if its events could not be read. */
  noteRemoved(events: MemoryEvents | null): void {
    this.#read = sumOfEvents(this.#read, events ?? UNKNOWN);
  }

  /** Events since the last reading; unknown counts are 0. */
  settle({ present, ended }: ChildrenReading): MemoryEvents {
    let events = this.#slice.read(present);
    for (const { inode } of ended) events = sumOfEvents(events, this.#slice.take(inode));
    const news = moreEvents(events, this.#read);
    this.#read = NO_EVENTS;
    return countsOf((key) => news[key] ?? 0);
  }
}
