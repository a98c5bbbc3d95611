/** Meaning of a directory event for one of its cgroups. */
export type EntryChange =
  /** The known cgroup still exists: an attribute changed, or the event was handled already. */
  | 'none'
  | 'created'
  /** The known cgroup is gone; a new one may have the same name. */
  | 'removed'
  /** A cgroup was created and removed before it was seen. */
  | 'missed';

/** Number of names above which those of earlier turns are dropped. */
const MOST_GONE = 64;

/**
 * Interprets the events of a directory. They name a cgroup without the kind of change: creation, removal and attribute
 * changes look alike (libuv). Each event is therefore compared with the current state. Cgroups of one name that are
 * created and removed between two deliveries of events count as one.
 */
export class EntryLog {
  /** Inodes of cgroups reported by events, by name. */
  readonly #seen = new Map<string, number>();
  /** Removals found by listing; their events are still to come. */
  readonly #foundGone = new Set<string>();
  /** Names of cgroups that events reported as gone, with the turn: more events of the same cgroup may follow. */
  readonly #gone = new Map<string, number>();

  /**
   * Handles an event for a name, in one `turn` of the event loop. `inode`: of the existing cgroup; `knownInode`: of the
   * cgroup known from elsewhere; null for none.
   */
  noteEvent(name: string, inode: number | null, knownInode: number | null, turn: number): EntryChange {
    const known = knownInode ?? this.#seen.get(name) ?? null;
    if (inode === null) {
      this.#seen.delete(name);
      const isRepeated = this.#foundGone.delete(name) || turn - (this.#gone.get(name) ?? -2) <= 1;
      this.#noteGone(name, turn);
      if (known !== null) return 'removed';
      return isRepeated ? 'none' : 'missed';
    }
    this.#foundGone.delete(name);
    this.#gone.delete(name);
    if (inode === known) return 'none';
    this.#seen.set(name, inode);
    return known === null ? 'created' : 'removed';
  }

  #noteGone(name: string, turn: number): void {
    this.#gone.set(name, turn);
    if (this.#gone.size <= MOST_GONE) return;
    for (const [other, then] of this.#gone) if (turn - then > 1) this.#gone.delete(other);
  }

  /** A removal was found before its event. */
  noteFoundGone(name: string): void {
    this.#seen.delete(name);
    this.#foundGone.add(name);
  }
}
