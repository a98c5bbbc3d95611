/** Directories with a row of their own. A host with pods, for example, has a new slice for each pod. */
const MOST_DIRECTORIES = 100;

/** CPU of removed cgroups that cannot be assigned to a unit, by their directory (a path below the unit root). */
export class SharedCpu {
  readonly #seconds = new Map<string, number>();

  /** Beyond `MOST_DIRECTORIES`, the CPU is booked to a directory above, whose counter includes it, or to the root. */
  add(directory: string, seconds: number): void {
    let path = directory;
    while (path !== '' && !this.#seconds.has(path) && this.#seconds.size >= MOST_DIRECTORIES)
      path = path.slice(0, path.lastIndexOf('/'));
    this.#seconds.set(path, (this.#seconds.get(path) ?? 0) + seconds);
  }

  /** Directories and their CPU seconds. */
  entries(): Iterable<readonly [string, number]> {
    return this.#seconds;
  }
}
