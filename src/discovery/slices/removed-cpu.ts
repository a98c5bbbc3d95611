import { eitherOf, OTHER, type Owner } from '../targets/owner.ts';

/** One reading of a directory of cgroups. Seconds of CPU. */
export interface DirectoryReading {
  /** Of the directory since it was created, read before that of all cgroups in it, and once more after. */
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
  /** Of all cgroups that are there, since each was created. */
  readonly presentSeconds: number;
}

/** What the removed cgroups used beyond what had been read of them, as of one reading. Seconds of CPU. */
export interface Rest {
  readonly least: number;
  readonly most: number;
}

/** Possible owners of a rest: cgroups that were removed between two readings. */
interface Removals {
  /** Their last reading was missed. */
  missed: Owner | null;
  /** Their last reading was final. */
  finished: Owner | null;
  finishedCount: number;
}

/** The most that the kernel charges to a cgroup after its last process left its list. */
const LATE_CHARGE_SECONDS = 0.002;

/**
 * What the removed cgroups of one directory used beyond what was read of each. A removed cgroup takes its counter along,
 * but the directory's counter keeps what the cgroup used: the directory's growth, less that of the cgroups that are
 * there, less what was read of removed ones, is the rest. It belongs to the cgroups removed since the previous reading:
 * to those whose last reading was missed, if there are any, else to those whose last reading was final, since the kernel
 * charges the end of an exit late.
 *
 * The counters are not read at one moment, so the rest is known to lie between two bounds, which close in reading by
 * reading as long as nothing is removed. Only what is certain is booked, each second once.
 */
export class RemovedCpu {
  readonly #book: (owner: Owner, seconds: number) => void;
  /** What was read of removed cgroups. */
  #readSeconds = 0;
  /** Bounds of the rest; NaN before the first reading. */
  #least = Number.NaN;
  #most = Number.NaN;
  /** The booked part of the rest. */
  #booked = Number.NaN;
  /** Owners of the part of the rest that is not certain yet: up to a bound, and beyond it. */
  #earlierOwner: Owner = OTHER;
  #earlierMost = Number.NaN;
  #owner: Owner = OTHER;
  /** What was removed since the last reading, and before it since the one before, until its rest is booked. */
  #removals = noRemovals();
  #earlierRemovals = noRemovals();

  constructor(book: (owner: Owner, seconds: number) => void) {
    this.#book = book;
  }

  /** A cgroup was removed after `readSeconds` had been read of it; `isFinal`: when it had no process any more. */
  noteRemoved(owner: Owner, readSeconds: number, isFinal: boolean): void {
    this.#readSeconds += readSeconds;
    const removals = this.#removals;
    if (isFinal) {
      removals.finished = eitherOf(removals.finished, owner);
      removals.finishedCount++;
    } else removals.missed = eitherOf(removals.missed, owner);
  }

  /** More was read of a cgroup that was noted already. */
  noteRead(seconds: number): void {
    this.#readSeconds += seconds;
  }

  /** Whether a cgroup was removed since the last reading, and its last reading was missed. */
  get hasMissed(): boolean {
    return this.#removals.missed !== null;
  }

  /** The owner of the cgroups that were removed and whose rest is not booked; `other` if there are none. */
  get pending(): Owner {
    return this.#missed ?? merged(this.#earlierRemovals.finished, this.#removals.finished) ?? OTHER;
  }

  /** What is accounted for of all that the removed cgroups used; NaN before the first reading. */
  get accountedSeconds(): number {
    return this.#readSeconds + this.#booked;
  }

  /** Whether there was a reading, so that what is removed from now on is known. */
  get hasBegun(): boolean {
    return !Number.isNaN(this.#least);
  }

  /** The directory is not read any more: what is removed from now on is not known. */
  forget(): void {
    this.#least = Number.NaN;
    this.#removals = noRemovals();
    this.#earlierRemovals = noRemovals();
    this.#readSeconds = 0;
  }

  /**
   * The first reading. `isNew`: the directory was created during the run, so that all that was used in it is booked;
   * otherwise the removals before this reading are not.
   */
  begin(reading: DirectoryReading, isNew: boolean): void {
    this.#readSeconds = isNew ? this.#readSeconds : 0;
    const { least, most } = isNew ? { least: 0, most: 0 } : this.#restOf(reading);
    this.#least = least;
    this.#most = most;
    this.#booked = this.#least;
    this.#owner = OTHER;
    this.#earlierMost = this.#least;
    if (!isNew) this.#removals = noRemovals();
  }

  /** Takes a reading, which is to be settled before the next one. */
  take(reading: DirectoryReading): Rest {
    this.#earlierRemovals = this.#removals;
    this.#removals = noRemovals();
    return this.#restOf(reading);
  }

  /**
   * Books the rest of the reading that was last taken. Cgroups whose removal was noted since may have been removed before
   * it was read: its rest is theirs as well. `unseen` owns what was used by cgroups whose removal was not reported.
   */
  settle({ least, most }: Rest, unseen: Owner): void {
    const { finished, finishedCount } = this.#earlierRemovals;
    const grown = least - this.#most;
    const isLateCharge = grown <= finishedCount * LATE_CHARGE_SECONDS;
    const owner = this.#missed ?? (isLateCharge ? finished : grown > 0 ? unseen : null);
    this.#earlierRemovals = noRemovals();
    if (owner === null) {
      this.#least = Math.max(this.#least, least);
      this.#most = Math.max(this.#least, Math.min(this.#most, most));
      this.#bookCertain();
      return;
    }
    // Up to the previous bound, it may have been used by those who were removed before that.
    const isCertain = this.#booked >= this.#earlierMost;
    const previous = isCertain ? this.#owner : eitherOf(this.#earlierOwner, this.#owner);
    this.#earlierOwner = previous.kind === 'other' ? OTHER : eitherOf(previous, owner);
    this.#earlierMost = this.#most;
    this.#owner = owner;
    this.#least = Math.max(this.#least, least);
    this.#most = Math.max(this.#least, most);
    this.#bookCertain();
  }

  get #missed(): Owner | null {
    return merged(this.#earlierRemovals.missed, this.#removals.missed);
  }

  #restOf({ beforeSeconds, afterSeconds, presentSeconds }: DirectoryReading): Rest {
    const others = presentSeconds + this.#readSeconds;
    const least = beforeSeconds - others;
    return { least, most: Math.max(least, afterSeconds - others) };
  }

  #bookCertain(): void {
    this.#bookUpTo(Math.min(this.#least, this.#earlierMost), this.#earlierOwner);
    this.#bookUpTo(this.#least, this.#owner);
  }

  #bookUpTo(seconds: number, owner: Owner): void {
    if (!(seconds > this.#booked)) return;
    this.#book(owner, seconds - this.#booked);
    this.#booked = seconds;
  }
}

function noRemovals(): Removals {
  return { missed: null, finished: null, finishedCount: 0 };
}

function merged(a: Owner | null, b: Owner | null): Owner | null {
  return b === null ? a : eitherOf(a, b);
}
