/** What an event of a directory says of one of its cgroups. */
export type EntryChange = 'created' | 'removed' | 'none';

interface Entry {
  /** By the events, which may lag behind. */
  isThere: boolean;
  /** Known by looking: the event of its creation may still come. */
  isListed: boolean;
  /** The cgroup that is there by the events was opened as an instance; and the next one, which no event told of yet. */
  isOpened: boolean;
  isNextOpened: boolean;
  /** Events and reality differed at the last check. */
  isSuspect: boolean;
}

/**
 * Which cgroups of a directory were created and removed, by its events: each event of a name is a creation and a removal
 * in turn, so that cgroups are counted that came and went before anyone looked.
 */
export class EntryLog {
  readonly #entries = new Map<string, Entry>();

  /** What is there as watching begins. */
  constructor(names: readonly string[]) {
    for (const name of names) this.#entries.set(name, entryOf(true));
  }

  /**
   * An event of a name came. `inode`: of the cgroup that is there now, `knownInode`: of the one that was known there; null
   * for none.
   */
  noteEvent(name: string, inode: number | null, knownInode: number | null): EntryChange {
    const entry = this.#entryOf(name);
    const wasListed = entry.isListed;
    entry.isSuspect = false;
    entry.isListed = false;
    if (wasListed && inode !== null && inode === knownInode) return 'none';
    entry.isThere = !entry.isThere;
    if (entry.isThere) {
      entry.isOpened = entry.isNextOpened;
      entry.isNextOpened = false;
      return 'created';
    }
    return 'removed';
  }

  /** A cgroup was opened as an instance. */
  noteOpened(name: string): void {
    const entry = this.#entryOf(name);
    if (entry.isThere && !entry.isOpened) entry.isOpened = true;
    else entry.isNextOpened = true;
  }

  /**
   * Finishes an event that was no `none`; `isOpen`: an instance is open now. Returns whether a cgroup was removed that was
   * never an instance.
   */
  settle(name: string, isOpen: boolean): boolean {
    const entry = this.#entryOf(name);
    if (entry.isThere) {
      // The instance of this cgroup was taken for that of an earlier one.
      const isMissed = isOpen && !entry.isOpened;
      entry.isOpened ||= isOpen;
      return isMissed;
    }
    const isMissed = !entry.isOpened;
    entry.isOpened = false;
    if (!entry.isNextOpened) this.#entries.delete(name);
    return isMissed;
  }

  /** Compares with what is there. What differs twice in a row, with no event in between, is corrected. */
  check(present: ReadonlySet<string>): void {
    for (const name of present) this.#entryOf(name);
    for (const [name, entry] of this.#entries) {
      const isThere = present.has(name);
      if (isThere === entry.isThere) entry.isSuspect = false;
      else if (!entry.isSuspect) entry.isSuspect = true;
      else if (isThere) this.#entries.set(name, entryOf(true));
      else this.#entries.delete(name);
    }
  }

  #entryOf(name: string): Entry {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const entry = entryOf(false);
    this.#entries.set(name, entry);
    return entry;
  }
}

function entryOf(isThere: boolean): Entry {
  return { isThere, isListed: isThere, isOpened: false, isNextOpened: false, isSuspect: false };
}
