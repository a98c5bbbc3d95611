import { readWhole } from './files/read.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/** User names by ID, from a passwd(5) file. Hostile text. */
export class UserNames {
  readonly #byId = new Map<number, string>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [name, , id] = line.split(':');
      // The first line of an ID counts, as for getpwuid(3).
      if (name && id !== undefined && /^\d+$/.test(id) && !this.#byId.has(Number(id)))
        this.#byId.set(Number(id), name);
    }
  }

  /** The name, or the number if the file does not have it: directory services are not queried. */
  of(id: number): string {
    return this.#byId.get(id) ?? String(id);
  }
}

/**
 * The users of the host of this `/proc`: a container with the host's PID namespace has a file with other users. If the
 * root directory of PID 1 is not accessible, the local file is used.
 */
export function readUserNames(procRoot: string): UserNames {
  for (const file of [`${procRoot}/1/root/etc/passwd`, '/etc/passwd']) {
    try {
      return new UserNames(readWhole(file, MOST_BYTES).toString('utf8'));
    } catch {
      // Not readable, or missing, or no regular file: in a container's PID namespace, PID 1 is not trusted.
    }
  }
  return new UserNames('');
}
