import { REST } from './rest.ts';

/** Cumulative figures of all processes of one executable name in one unit, the ended ones included. */
export class ExecutableAccount {
  readonly executable: string;
  /** Where processes are named by titles: theirs; null for those that have none. */
  readonly title: string | null;
  /** Own and reaped. */
  cpuSeconds = 0;
  /** Whether any of its processes' `io` was ever known. */
  bytesKnown = false;
  readBytes = 0;
  writeBytes = 0;
  readChars = 0;
  writeChars = 0;

  constructor(executable: string, title: string | null) {
    this.executable = executable;
    this.title = title;
  }

  /** Books bytes of one of the counters of `/proc/PID/io`; cancelled writes are not kept by name. */
  bookBytes(column: BytesColumn | 'cancelledWriteBytes', bytes: number): void {
    this.bytesKnown = true;
    if (column !== 'cancelledWriteBytes') this[column] += bytes;
  }
}

type BytesColumn = 'readBytes' | 'writeBytes' | 'readChars' | 'writeChars';

/** Names beyond this many in one unit share one account, so that a unit that makes up names cannot grow series. */
const MOST_NAMES = 200;

/** Room for names of executables, for all units together: a pattern may find two thousand of them. */
export class SharedNames {
  left: number;

  constructor(most: number) {
    this.left = most;
  }
}

/** The executable accounts of one unit. */
export class ExecutableAccounts {
  readonly #byName = new Map<string, ExecutableAccount>();
  readonly #shared: SharedNames;

  /** A unit's first name has room in any case. */
  constructor(shared = new SharedNames(MOST_NAMES)) {
    this.#shared = shared;
  }

  of(executable: string, title: string | null = null): ExecutableAccount {
    const name = title === null ? executable : `${executable}\0${title}`;
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const { size } = this.#byName;
    const hasRoom = size === 0 || (size < MOST_NAMES && this.#shared.left > 0);
    const account = hasRoom
      ? new ExecutableAccount(executable, title)
      : (this.#byName.get(REST) ?? new ExecutableAccount(REST, null));
    this.#byName.set(hasRoom ? name : REST, account);
    if (hasRoom) this.#shared.left--;
    return account;
  }

  /** The unit is no more: its names leave their room to others. */
  release(): void {
    for (const account of this.#byName.values()) if (account !== this.#byName.get(REST)) this.#shared.left++;
  }

  all(): IterableIterator<ExecutableAccount> {
    return this.#byName.values();
  }
}
