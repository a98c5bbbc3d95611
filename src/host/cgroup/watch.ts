import type { ReadFailure } from '../read-failure.ts';
import { type CgroupDirectory, fileIn, stampOf } from './directory.ts';
import type { CgroupFile, CgroupReader } from './reader.ts';

/**
 * Tells cheaply whether a cgroup directory is still the one that it was, and how many cgroups there are below it. In v2
 * that is one read for the whole tree (`cgroup.stat`). Where there is no such file (v1, saved trees) the directory's
 * inode tells, and its number of links only whether there is nothing below.
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
    // Not held, it would be that of whatever has this name then.
    const held = typeof count !== 'string' && count.descriptor >= 0 ? count : undefined;
    if (typeof count !== 'string' && held === undefined) reader.close(count);
    return new DirectoryWatch(path, reader, stamp.inode, held);
  }

  /**
   * How many cgroups there are below, NaN where that is not known. `gone`: it was removed, though there may be a new
   * one of its name.
   */
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
