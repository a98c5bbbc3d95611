import type { DirectoryEvent } from '../host/cgroup/directory-events.ts';

interface Told {
  made: number;
  isThere: boolean;
  isMet: boolean;
  restarts: number;
}

/** What is told of the lives of a slice's followed cgroups, those that nobody saw too. */
export class ToldLives {
  readonly #byName = new Map<string, Told>();

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  follow(name: string): void {
    if (this.#byName.has(name)) return;
    this.#byName.set(name, { made: 0, isThere: false, isMet: false, restarts: 0 });
  }

  unfollow(name: string): void {
    this.#byName.delete(name);
  }

  /** The kernel told of its directory. */
  noteEvent(event: DirectoryEvent, name: string): void {
    const told = this.#byName.get(name);
    if (told === undefined) return;
    told.isThere = event === 'made';
    told.isMet = false;
    if (event === 'made') told.made++;
  }

  /** It is read as an instance. */
  noteMet(name: string): void {
    const told = this.#byName.get(name);
    if (told !== undefined) told.isMet = true;
  }

  /** An instance that has ended was so often started anew in its directory. */
  noteRestarts(name: string, restarts: number): void {
    const told = this.#byName.get(name);
    if (told !== undefined) told.restarts += restarts;
  }

  /** How many cgroups of this name were made since it is followed, but for one that is no instance yet. */
  madeOf(name: string): number {
    const told = this.#byName.get(name);
    if (told === undefined) return 0;
    return told.isThere && !told.isMet ? told.made - 1 : told.made;
  }

  /** How often ended instances of this name were started anew. */
  restartsOf(name: string): number {
    return this.#byName.get(name)?.restarts ?? 0;
  }
}
