import type { FileEvent, FileEvents, FileWatch, NoEventsReason } from '../../host/cgroup/file-events.ts';

interface Watched {
  readonly inode: number;
  readonly watch: FileWatch;
}

/** The watches on directories of the unit tree. A directory that was recreated is watched again. */
export class DirectoryWatches {
  readonly #events: FileEvents | null;
  readonly #root: string;
  readonly #changed: (path: string, event: FileEvent, name: string) => void;
  readonly #failed: (reason: NoEventsReason) => void;
  readonly #watched = new Map<string, Watched>();

  /** `root`: root of the unit tree. `changed` gets the path of the directory below it. */
  constructor(
    events: FileEvents | null,
    root: string,
    changed: (path: string, event: FileEvent, name: string) => void,
    failed: (reason: NoEventsReason) => void,
  ) {
    this.#events = events;
    this.#root = root;
    this.#changed = changed;
    this.#failed = failed;
  }

  isWatched(path: string): boolean {
    return this.#watched.has(path);
  }

  /** Watches exactly these directories; values are their inodes. Returns those whose watch is new. */
  keep(wanted: ReadonlyMap<string, number>): ReadonlySet<string> {
    const added = new Set<string>();
    for (const [path, { inode, watch }] of this.#watched) {
      if (wanted.get(path) === inode) continue;
      watch.close();
      this.#watched.delete(path);
    }
    if (this.#events === null) return added;
    for (const [path, inode] of wanted) {
      if (this.#watched.has(path)) continue;
      added.add(path);
      const watched = this.#events.watch(
        this.#root + path,
        (event, name) => this.#changed(path, event, name),
        (reason) => this.#end(path, watched, reason),
      );
      if (typeof watched !== 'string') this.#watched.set(path, { inode, watch: watched });
      else if (watched !== 'gone') this.#failed(watched);
    }
    return added;
  }

  #end(path: string, watch: FileWatch | NoEventsReason, reason: NoEventsReason): void {
    if (this.#watched.get(path)?.watch === watch) this.#watched.delete(path);
    if (reason !== 'gone') this.#failed(reason);
  }

  close(): void {
    for (const { watch } of this.#watched.values()) watch.close();
    this.#watched.clear();
  }
}
