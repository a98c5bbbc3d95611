import type { MemoryEvents } from '../../host/cgroup/memory-events.ts';
import type { DirectoryTools } from '../events/directory-children.ts';
import type { Owner } from '../targets/owner.ts';

/** What a followed directory asks about its cgroups, and reports of them. `path`: of the directory, or of a cgroup in it. */
export interface FollowTools extends DirectoryTools {
  /** On the clock of the samples. */
  monotonicSeconds(): number;
  /** Number of the turn of the event loop: events of one turn were delivered together. */
  turn(): number;
  /** Calls `act` once the events that are on their way have been handled; at once where there are none. */
  afterEvents(act: () => void): void;
  /** Whether the directory has a watch. */
  isWatched(path: string): boolean;
  ownerOf(path: string): Owner;
  /** Whose CPU it is that cgroups used whose removal was not reported; `isNew`: all that the directory ever held. */
  ownerOfUnseen(path: string, isNew: boolean): Owner;
  /** What is known of the cgroups in a removed cgroup; null if it is not followed. */
  endOf(path: string): DirectoryEnd | null;
  bookCpu(path: string, owner: Owner, seconds: number): void;
  bookEvents(owner: Owner, events: MemoryEvents): void;
  /** A cgroup came and went and was never an instance. */
  noteUnseen(owner: Owner): void;
}

/** What is known of the cgroups in a directory that was removed itself. */
export interface DirectoryEnd {
  /** Who owns what they used beyond `seconds`. */
  readonly owner: Owner;
  /** CPU that is accounted for; NaN where that is not known. */
  readonly seconds: number;
}
