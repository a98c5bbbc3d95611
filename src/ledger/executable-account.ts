/** Cumulative figures of all processes of one executable name in one unit, the ended ones included. */
export class ExecutableAccount {
  readonly executable: string;
  /** Own and reaped. */
  cpuSeconds = 0;
  /** Whether any of its processes' `io` was ever known. */
  bytesKnown = false;
  readBytes = 0;
  writeBytes = 0;
  readChars = 0;
  writeChars = 0;

  constructor(executable: string) {
    this.executable = executable;
  }
}

/** Names beyond this many in one unit share one account, so that a unit that makes up names cannot grow series. */
const MOST_NAMES = 200;
const REST = 'other';

/** The executable accounts of one unit. */
export class ExecutableAccounts {
  readonly #byName = new Map<string, ExecutableAccount>();

  of(executable: string): ExecutableAccount {
    const known = this.#byName.get(executable);
    if (known !== undefined) return known;
    const name = this.#byName.size < MOST_NAMES ? executable : REST;
    const account = this.#byName.get(name) ?? new ExecutableAccount(name);
    this.#byName.set(name, account);
    return account;
  }

  all(): IterableIterator<ExecutableAccount> {
    return this.#byName.values();
  }
}
