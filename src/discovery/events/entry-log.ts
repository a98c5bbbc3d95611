/** What an event of a directory says of one of its cgroups. */
export type EntryChange =
  /** The cgroup that was known is there: an attribute was changed, or the event was handled already. */
  | 'none'
  | 'created'
  /** The cgroup that was known is gone; there may be a new one of its name. */
  | 'removed'
  /** A cgroup came and went before anyone looked. */
  | 'missed';

/** Names beyond which those of earlier turns are forgotten. */
const MOST_GONE = 64;

/**
 * What the events of a directory say of its cgroups. They name a cgroup and do not tell what happened: creation, removal
 * and each change of an attribute look alike (libuv). So each event is compared with what is there now. Cgroups that came and
 * went between two deliveries of events count as one.
 */
export class EntryLog {
  /** Inodes of cgroups that events reported, by name. */
  readonly #seen = new Map<string, number>();
  /** Removals that were found by looking: their events are still on their way. */
  readonly #foundGone = new Set<string>();
  /** Names of cgroups that events found gone, and in which turn: more events of the same cgroup may follow. */
  readonly #gone = new Map<string, number>();

  /**
   * An event of a name, in one `turn` of the event loop. `inode`: of the cgroup that is there now; `knownInode`: of that which
   * is known otherwise; null for none.
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

  /** A cgroup is gone, and no event has reported it yet. */
  noteFoundGone(name: string): void {
    this.#seen.delete(name);
    this.#foundGone.add(name);
  }
}
