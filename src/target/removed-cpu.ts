import { eitherOf, OTHER, type Owner } from './owner.ts';

/** One reading of a directory of cgroups. Seconds of CPU. */
export interface DirectoryReading {
  /** Of the directory since it was created, read before that of all cgroups in it, and once more after. */
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
  /** Of all cgroups that are there, since each was created. */
  readonly presentSeconds: number;
}

/** The kernel charges at most so much to a cgroup after its last process was taken off its list. */
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
  /** How much of the rest is booked. */
  #booked = Number.NaN;
  /** Who owns the part of the rest that is not certain yet: up to a bound, and beyond it. */
  #earlierOwner: Owner = OTHER;
  #earlierMost = Number.NaN;
  #owner: Owner = OTHER;
  /** The cgroups that were removed since the last reading: those whose last reading was missed, and those with a final one. */
  #missed: Owner | null = null;
  #finished: Owner | null = null;
  #finishedCount = 0;

  constructor(book: (owner: Owner, seconds: number) => void) {
    this.#book = book;
  }

  /** A cgroup was removed after `readSeconds` had been read of it; `isFinal`: when it had no process any more. */
  noteRemoved(owner: Owner, readSeconds: number, isFinal: boolean): void {
    this.#readSeconds += readSeconds;
    if (isFinal) {
      this.#finished = eitherOf(this.#finished, owner);
      this.#finishedCount++;
    } else this.#missed = eitherOf(this.#missed, owner);
  }

  /** More was read of a cgroup that was noted already. */
  noteRead(seconds: number): void {
    this.#readSeconds += seconds;
  }

  /** Whether a cgroup was removed since the last reading, and its last reading was missed. */
  get hasMissed(): boolean {
    return this.#missed !== null;
  }

  /** The owner of the cgroups that were removed since the last reading; `other` if none was. */
  get pending(): Owner {
    return this.#missed ?? this.#finished ?? OTHER;
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
    this.#missed = null;
    this.#finished = null;
    this.#finishedCount = 0;
    this.#readSeconds = 0;
  }

  /**
   * The first reading. `isNew`: the directory was created during the run, so that all that was used in it is booked;
   * otherwise the removals before this reading are not.
   */
  begin(reading: DirectoryReading, isNew: boolean): void {
    this.#readSeconds = isNew ? this.#readSeconds : 0;
    [this.#least, this.#most] = isNew ? [0, 0] : this.#boundsOf(reading);
    this.#booked = this.#least;
    this.#owner = OTHER;
    this.#earlierMost = this.#least;
    if (isNew) return;
    this.#missed = null;
    this.#finished = null;
  }

  /** Books one reading; `unseen` owns what was used by cgroups whose removal was not reported. */
  settle(reading: DirectoryReading, unseen: Owner): void {
    const [least, most] = this.#boundsOf(reading);
    const grown = least - this.#most;
    const isLateCharge = grown <= this.#finishedCount * LATE_CHARGE_SECONDS;
    const owner = this.#missed ?? (isLateCharge ? this.#finished : grown > 0 ? unseen : null);
    this.#missed = null;
    this.#finished = null;
    this.#finishedCount = 0;
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

  #boundsOf({ beforeSeconds, afterSeconds, presentSeconds }: DirectoryReading): [number, number] {
    const others = presentSeconds + this.#readSeconds;
    const least = beforeSeconds - others;
    return [least, Math.max(least, afterSeconds - others)];
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
