import type { ReadFailure } from '../read-failure.ts';
import { type CgroupDirectory, fileIn, stampOf } from './directory.ts';
import type { CgroupFile, CgroupReader } from './reader.ts';

/**
 * Cheap check whether a cgroup directory is still the same, and how many descendants it has. In v2 this is one read for
 * the whole tree (`cgroup.stat`). Without that file (v1, saved trees) the inode identifies the directory, and its
 * number of links only shows whether it has descendants.
 */
export class DirectoryWatch {
  readonly path: CgroupDirectory;
  readonly #reader: CgroupReader;
  readonly inode: number;
  readonly #count: CgroupFile | undefined;

  private constructor(
    path: CgroupDirectory,
    reader: CgroupReader,
    inode: number,
    count: CgroupFile | undefined,
  ) {
    this.path = path;
    this.#reader = reader;
    this.inode = inode;
    this.#count = count;
  }

  static open(path: CgroupDirectory, reader: CgroupReader): DirectoryWatch | ReadFailure {
    const stamp = stampOf(path);
    if (typeof stamp === 'string') return stamp;
    const count = reader.open(fileIn(path, 'cgroup.stat'));
    // Without a held descriptor, the file would be that of any later cgroup with this name.
    const held = typeof count !== 'string' && count.descriptor >= 0 ? count : undefined;
    if (typeof count !== 'string' && held === undefined) reader.close(count);
    return new DirectoryWatch(path, reader, stamp.inode, held);
  }

  /** Number of descendants, NaN if unknown. `gone`: it was removed; a new one may have the same name. */
  look(): 'gone' | number {
    if (this.#count !== undefined) {
      const below = this.#reader.readDescendantCount(this.#count);
      if (below === 'gone' || typeof below === 'number') return below;
    }
    const stamp = stampOf(this.path);
    if (stamp === 'gone') return 'gone';
    if (typeof stamp === 'string') return Number.NaN;
    if (stamp.inode !== this.inode) return 'gone';
    return stamp.links === 2 ? 0 : Number.NaN;
  }

  close(): void {
    if (this.#count !== undefined) this.#reader.close(this.#count);
  }
}
