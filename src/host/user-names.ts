import { readFileSync } from 'node:fs';

/** Names of users by their IDs, as a passwd(5) file has them. Hostile text. */
export class UserNames {
  readonly #byId = new Map<number, string>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [name, , id] = line.split(':');
      // The first line of an ID counts, as with getpwuid(3).
      if (name && id !== undefined && /^\d+$/.test(id) && !this.#byId.has(Number(id)))
        this.#byId.set(Number(id), name);
    }
  }

  /** The name, or the number itself where no line has it: users of a directory service are not looked up. */
  of(id: number): string {
    return this.#byId.get(id) ?? String(id);
  }
}

/**
 * The users of the host whose `/proc` this is: in a container with the host's PID namespace its own file has other users.
 * Where the root directory of PID 1 cannot be entered, the file that is here has to do.
 */
export function readUserNames(procRoot: string): UserNames {
  for (const file of [`${procRoot}/1/root/etc/passwd`, '/etc/passwd']) {
    try {
      return new UserNames(readFileSync(file, 'utf8'));
    } catch {
      // Not to be read, or not there.
    }
  }
  return new UserNames('');
}
