import { eitherOf, OTHER, type Owner } from '../targets/owner.ts';

/** One reading of a directory of cgroups, in seconds of CPU. */
export interface DirectoryReading {
  /** CPU of the directory since its creation, read before its cgroups and again after them. */
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
  /** CPU of all existing cgroups, since the creation of each. */
  readonly presentSeconds: number;
}

/** Bounds of the remainder: CPU of the removed cgroups beyond their last readings, in seconds. */
export interface Rest {
  readonly least: number;
  readonly most: number;
}

/** Possible owners of a remainder: cgroups that were removed between two readings. */
interface Removals {
  /** Cgroups without a final reading. */
  missed: Owner | null;
  /** Cgroups without a final reading that the previous reading still found: they own no part of its remainder. */
  missedLater: Owner | null;
  /** Cgroups with a final reading. */
  finished: Owner | null;
  finishedCount: number;
}

/** Maximum CPU that the kernel charges to a cgroup after its last process has left `cgroup.procs`. */
const LATE_CHARGE_SECONDS = 0.002;

/**
 * CPU of the removed cgroups of one directory beyond their last readings. The counter of a removed cgroup is gone, but
 * the directory's counter includes it: the growth of the directory, less that of existing cgroups, less the readings of
 * removed ones, is the remainder. It belongs to the cgroups removed since the previous reading: to those without a
 * final reading or, if all had one, to those with a final reading, because the kernel charges the end of an exit late.
 *
 * The counters are not read at the same time, so the remainder is known to lie between two bounds, which narrow with
 * each reading as long as nothing is removed. Only the certain part is booked, each second once.
 */
export class RemovedCpu {
  readonly #book: (owner: Owner, seconds: number) => void;
  /** Sum of the readings of removed cgroups. */
  #readSeconds = 0;
  /** Bounds of the remainder; NaN before the first reading. */
  #least = Number.NaN;
  #most = Number.NaN;
  /** The booked part of the remainder. */
  #booked = Number.NaN;
  /** Owners of the uncertain part of the remainder: up to a bound, and beyond it. */
  #earlierOwner: Owner = OTHER;
  #earlierMost = Number.NaN;
  #owner: Owner = OTHER;
  /** Removals since the last reading, and removals between the last two readings, until their remainder is booked. */
  #removals = noRemovals();
  #earlierRemovals = noRemovals();

  constructor(book: (owner: Owner, seconds: number) => void) {
    this.#book = book;
  }

  /**
   * Records the removal of a cgroup whose last reading was `readSeconds`; `isFinal`: without processes at that reading.
   * `wasRead`: the last reading of the directory still found the cgroup.
   */
  noteRemoved(owner: Owner, readSeconds: number, isFinal: boolean, wasRead = false): void {
    this.#readSeconds += readSeconds;
    const removals = this.#removals;
    if (isFinal) {
      removals.finished = eitherOf(removals.finished, owner);
      removals.finishedCount++;
    } else if (wasRead) removals.missedLater = eitherOf(removals.missedLater, owner);
    else removals.missed = eitherOf(removals.missed, owner);
  }

  /** Adds a later reading of a recorded cgroup. */
  noteRead(seconds: number): void {
    this.#readSeconds += seconds;
  }

  /** Whether a cgroup without a final reading was removed since the last reading. */
  get hasMissed(): boolean {
    return this.#removals.missed !== null || this.#removals.missedLater !== null;
  }

  /** Owner of removed cgroups whose remainder is not booked; `other` if there are none. */
  get pending(): Owner {
    return this.#missed ?? merged(this.#earlierRemovals.finished, this.#removals.finished) ?? OTHER;
  }

  /** Accounted CPU of the removed cgroups; NaN before the first reading. */
  get accountedSeconds(): number {
    return this.#readSeconds + this.#booked;
  }

  /** Whether there was a first reading: removals are known from then on. */
  get hasBegun(): boolean {
    return !Number.isNaN(this.#least);
  }

  /** The directory is no longer read: further removals are unknown. */
  forget(): void {
    this.#least = Number.NaN;
    this.#removals = noRemovals();
    this.#earlierRemovals = noRemovals();
    this.#readSeconds = 0;
  }

  /**
   * The first reading. `isNew`: the directory was created during the run, so all its CPU is booked; otherwise earlier
   * removals are ignored.
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

  /** Takes a reading; `settle` must follow before the next one. */
  take(reading: DirectoryReading): Rest {
    const { missed, missedLater } = this.#removals;
    this.#earlierRemovals = { ...this.#removals, missed: merged(missed, missedLater), missedLater: null };
    this.#removals = noRemovals();
    return this.#restOf(reading);
  }

  /**
   * Books the remainder of the last reading. Cgroups whose removal was recorded since may have been removed before the
   * reading, so they are possible owners as well. `unseen` owns the CPU of cgroups whose removal was not reported.
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
    // Up to the previous bound, the CPU may belong to earlier removals.
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
  return { missed: null, missedLater: null, finished: null, finishedCount: 0 };
}

function merged(a: Owner | null, b: Owner | null): Owner | null {
  return b === null ? a : eitherOf(a, b);
}
