import type { ChildrenReading } from './slice-children.ts';

/** What ended lives of one unit used in one slice, beyond what was read of them while they lived. Never falls. */
export interface EndedCpu {
  /** What can be nobody else's. */
  readonly cpuSeconds: number;
  /** What may be its own, or that of siblings that ended at the same time; none of it is in `cpuSeconds`. */
  readonly sharedCpuSeconds: number;
}

/** A life of the unit that is read on its own, and how far. */
export interface ReadLife {
  /** Of its directory, in the tree where CPU is counted. */
  readonly inode: number;
  /** CPU seconds since it was made; NaN where it could not be read. */
  readonly cpuSeconds: number;
}

/** What a slice said in one tick. */
export interface SliceReading {
  readonly atSeconds: number;
  /** CPU of the slice since it was made, read before that of all cgroups in it, and once more after. */
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
  readonly children: ChildrenReading;
  /** Names of the cgroups that were removed since the reading before; null where that is not told. */
  readonly removed: ReadonlySet<string> | null;
}

/** A cgroup that has not ended for so long is stable again. */
const QUIET_SECONDS = 60;
/** It comes and goes if it ended so often since it was last stable. */
const UNSTABLE_ENDS = 2;

interface Unstable {
  ends: number;
  lastSeconds: number;
}

interface Followed extends EndedCpu {
  cpuSeconds: number;
  sharedCpuSeconds: number;
  /** By inode: how far the lives that are not known to have ended were read. */
  readonly booked: Map<number, number>;
}

/**
 * What ended cgroups of one slice used, by unit. A removed cgroup takes its counter along, but the slice's keeps what
 * it used: the slice's growth less that of the cgroups that are there is what those used that are not, their last
 * stretches and whole lives that came and went between two ticks. Of that:
 * - what a cgroup had used when it was last read here is its unit's;
 * - the rest, the residue of the tick, is a unit's if it ended in this tick and no other cgroup of the slice did;
 * - where several did, the residue is shared ground and no unit's: each may have used all of it;
 * - where none did, it is of cgroups which were never seen, and no unit's.
 *
 * Which cgroups ended in a tick, those that came in it too, the kernel tells. Where it does not, those are taken for
 * ended that were there and are not any more, and those that were not there all through the tick and ended twice since
 * they were last stable: they come and go. Then a unit is booked what is another's only if a sibling comes and goes
 * between two ticks, was not seen to for a minute, and does so in a tick in which the unit ends.
 *
 * The slice and what is in it are not read at one moment, so what ended cgroups have used in all is known to lie
 * between two bounds; reading by reading, as long as none ends, they close in on it. Booked is what is sure.
 */
export class SliceResidue {
  /** By name of the directory. */
  readonly #followed = new Map<string, Followed>();
  readonly #unstable = new Map<string, Unstable>();
  /** Bounds of what all ended cgroups used since the slice was made; NaN before the first reading. */
  #least = Number.NaN;
  #most = Number.NaN;
  /** How much of that is accounted for. */
  #accounted = Number.NaN;
  /** Whose the residue was that came last. */
  #owner: Followed | undefined;

  /** Begins to book to `name`, a directory of the slice. */
  follow(name: string): void {
    if (this.#followed.has(name)) return;
    this.#followed.set(name, { cpuSeconds: 0, sharedCpuSeconds: 0, booked: new Map() });
  }

  unfollow(name: string): void {
    if (this.#owner === this.#followed.get(name)) this.#owner = undefined;
    this.#followed.delete(name);
  }

  endedOf(name: string): EndedCpu | undefined {
    return this.#followed.get(name);
  }

  /** Whether anything that is followed ended in the last minute. */
  isUnsettled(atSeconds: number): boolean {
    for (const name of this.#followed.keys()) if (this.#endsOf(name, atSeconds) > 0) return true;
    return false;
  }

  /** A cgroup has ended. Said by `settle` of those that it is told of. */
  noteEnd(name: string, atSeconds: number): void {
    const ends = this.#endsOf(name, atSeconds) + 1;
    // The longest ago stands first: names that never come again are forgotten.
    this.#unstable.delete(name);
    this.#unstable.set(name, { ends, lastSeconds: atSeconds });
    for (const oldest of this.#unstable.keys()) if (this.#endsOf(oldest, atSeconds) > 0) break;
  }

  /** How far lives were read on their own in this tick, by name: after the slice and before its cgroups. */
  noteLives(lives: ReadonlyMap<string, ReadLife>): void {
    for (const [name, life] of lives) {
      if (!Number.isNaN(life.cpuSeconds)) this.#followed.get(name)?.booked.set(life.inode, life.cpuSeconds);
    }
  }

  /** The slice is not read any more, or was not: what ended meanwhile is nobody's. */
  forget(): void {
    this.#least = Number.NaN;
    this.#owner = undefined;
    for (const { booked } of this.#followed.values()) booked.clear();
  }

  /**
   * Books what was read of the slice in a tick, after the lives of the tick were noted. Returns the name of the one
   * cgroup that ended, or may have, if it is the only one.
   */
  settle(reading: SliceReading): string | undefined {
    const { atSeconds, children, removed } = reading;
    const movers = new Set<string>();
    // A counter that is gone was read up to the further of two readings.
    let ended = 0;
    for (const { name, inode, seconds } of children.ended) {
      movers.add(name);
      ended += this.#bookRead(name, inode, seconds);
    }
    for (const [name, { booked }] of this.#followed) {
      for (const inode of booked.keys()) {
        if (children.present.get(name)?.inode === inode) continue;
        // So short a life that it was never met here.
        movers.add(name);
        ended += this.#bookRead(name, inode, 0);
      }
    }
    for (const name of movers) {
      if (removed === null || this.#followed.has(name)) this.noteEnd(name, atSeconds);
    }
    const mayHaveEnded = removed ?? this.#comeAndGo(atSeconds);
    for (const name of mayHaveEnded) if (children.present.get(name)?.isNew !== false) movers.add(name);
    this.#bookResidue(reading, ended, movers);
    return movers.size === 1 ? [...movers][0] : undefined;
  }

  /** What was read here of a life that has ended is its unit's, less what is booked of it already. */
  #bookRead(name: string, inode: number, seconds: number): number {
    const followed = this.#followed.get(name);
    const booked = followed?.booked.get(inode) ?? 0;
    if (followed !== undefined) followed.cpuSeconds += Math.max(0, seconds - booked);
    followed?.booked.delete(inode);
    return Math.max(seconds, booked);
  }

  #bookResidue(
    { beforeSeconds, afterSeconds, children }: SliceReading,
    ended: number,
    movers: ReadonlySet<string>,
  ): void {
    const least = beforeSeconds - children.seconds;
    const most = Math.max(least, afterSeconds - children.seconds);
    if (Number.isNaN(this.#least)) this.#begin(least, most, undefined);
    else if (movers.size === 0) this.#closeIn(least, most);
    else {
      this.#least += ended;
      this.#most += ended;
      this.#accounted += ended;
      this.#bookMoved(least, most, movers);
    }
  }

  /** None has ended: what ended cgroups used stands still. */
  #closeIn(least: number, most: number): void {
    if (least > this.#most) {
      // But for one that was never seen.
      this.#begin(least, most, undefined);
      return;
    }
    this.#least = Math.max(this.#least, least);
    this.#most = Math.max(this.#least, Math.min(this.#most, most));
    this.#account();
  }

  #bookMoved(least: number, most: number, movers: ReadonlySet<string>): void {
    const [name] = movers;
    const owner = movers.size === 1 ? this.#followed.get(name!) : undefined;
    if (movers.size > 1) {
      for (const mover of movers) {
        const followed = this.#followed.get(mover);
        if (followed !== undefined) followed.sharedCpuSeconds += Math.max(0, most - this.#least);
      }
    }
    // What is not sure of the residue before is the owner's, too, if that was the same.
    const accounted = owner === this.#owner ? this.#accounted : Math.max(this.#accounted, this.#most);
    this.#begin(Math.max(this.#least, least), most, owner);
    this.#accounted = accounted;
    this.#account();
  }

  #begin(least: number, most: number, owner: Followed | undefined): void {
    this.#least = least;
    this.#most = Math.max(least, most);
    this.#accounted = least;
    this.#owner = owner;
  }

  #account(): void {
    if (this.#least <= this.#accounted) return;
    if (this.#owner !== undefined) this.#owner.cpuSeconds += this.#least - this.#accounted;
    this.#accounted = this.#least;
  }

  /** The names whose cgroups come and go. */
  #comeAndGo(atSeconds: number): string[] {
    return [...this.#unstable.keys()].filter((name) => this.#endsOf(name, atSeconds) >= UNSTABLE_ENDS);
  }

  #endsOf(name: string, atSeconds: number): number {
    const known = this.#unstable.get(name);
    if (known === undefined) return 0;
    if (atSeconds - known.lastSeconds <= QUIET_SECONDS) return known.ends;
    this.#unstable.delete(name);
    return 0;
  }
}
