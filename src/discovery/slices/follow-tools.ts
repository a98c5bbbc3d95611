import type { MemoryEvents } from '../../host/cgroup/memory-events.ts';
import type { DirectoryTools } from '../events/directory-children.ts';
import type { Owner } from '../targets/owner.ts';

/** Environment of a followed directory. `path`: of the directory, or of a cgroup in it. */
export interface FollowTools extends DirectoryTools {
  /** On the samples' clock. */
  monotonicSeconds(): number;
  /**
   * Number of the event loop turn: events of one turn were delivered together, and adjacent numbers mean adjacent turns.
   */
  turn(): number;
  /** Calls `act` after pending events have been handled; immediately if there are none. */
  afterEvents(act: () => void): void;
  /** Whether the directory has a watch. */
  isWatched(path: string): boolean;
  ownerOf(path: string): Owner;
  /**
   * Owner of the CPU of cgroups whose removal was not reported; `isNew`: they are all cgroups that the directory ever
   * had.
   */
  ownerOfUnseen(path: string, isNew: boolean): Owner;
  /** Known usage of the cgroups in a removed cgroup; null if it is not followed. */
  endOf(path: string): DirectoryEnd | null;
  bookCpu(path: string, owner: Owner, seconds: number): void;
  bookEvents(owner: Owner, events: MemoryEvents): void;
  /** A cgroup was created and removed without ever being an instance. */
  noteUnseen(owner: Owner): void;
}

/** Known usage of the cgroups in a removed directory. */
export interface DirectoryEnd {
  /** Owner of their CPU beyond `seconds`. */
  readonly owner: Owner;
  /** CPU that is accounted for; NaN if unknown. */
  readonly seconds: number;
}
