const UP = '/..';

/**
 * Turns paths as `/proc/PID/cgroup` shows them into paths below one cgroup directory. They are shown as seen from the
 * root of this program's cgroup namespace (cgroup_namespaces(7)): `/../../a` is two levels above it, then down.
 */
export class ShownPaths {
  /** How the directory itself is shown: levels up, and the names that follow. */
  readonly #ups: number;
  readonly #names: string;
  readonly #findNamespaceRoot: () => string | undefined;
  #namespaceRoot: string | undefined | null = null;

  /**
   * `shown` is how the directory itself would be shown. `findNamespaceRoot` tells, once and only if it is needed, the
   * path of the namespace's root below that directory; undefined where it cannot be found.
   */
  constructor(shown: string, findNamespaceRoot: () => string | undefined) {
    [this.#ups, this.#names] = parted(shown);
    this.#findNamespaceRoot = findNamespaceRoot;
  }

  /** The path below the directory, with a leading `/`; undefined for what is not below it. */
  below(shown: string): string | undefined {
    const [ups, names] = parted(shown);
    if (this.#names !== '' || this.#ups === 0) {
      // The namespace's root is not below the directory: all that is, is shown with the same beginning.
      if (ups !== this.#ups) return undefined;
      if (names === this.#names) return '/';
      return names.startsWith(`${this.#names}/`) ? names.slice(this.#names.length) : undefined;
    }
    if (ups > this.#ups) return undefined;
    if (ups === this.#ups) return names === '' ? '/' : names;
    if (this.#namespaceRoot === null) this.#namespaceRoot = this.#findNamespaceRoot();
    const parents = this.#namespaceRoot?.split('/').slice(1, 1 + this.#ups - ups);
    return parents === undefined ? undefined : `/${parents.join('/')}${names}`;
  }
}

/** Levels up, and what follows: empty, or with a leading `/`. */
function parted(shown: string): [ups: number, names: string] {
  let ups = 0;
  let at = 0;
  while (shown.startsWith(UP, at) && (shown.length === at + UP.length || shown[at + UP.length] === '/')) {
    ups++;
    at += UP.length;
  }
  const names = shown.slice(at);
  return [ups, names === '/' ? '' : names];
}
