import type { ReadFailure } from '../read-failure.ts';
import { type CgroupDirectory, fileIn, stampOf } from './directory.ts';
import type { CgroupFile, CgroupReader } from './reader.ts';

/**
 * Tells cheaply whether a cgroup directory is still the one that it was, and whether cgroups below it may have come
 * or gone. In v2 that is one read for the whole tree: `cgroup.stat` counts the cgroups below. As many may have come
 * as have gone; the descriptors held on those that went say so (ENODEV). Where there is no such file (v1, saved
 * trees) the directory's inode and its number of links tell, and a tree that has something below always may have
 * changed.
 */
export class DirectoryWatch {
  readonly path: CgroupDirectory;
  readonly #reader: CgroupReader;
  readonly #inode: number;
  readonly #count: CgroupFile | undefined;
  /** Cgroups below at the last look. */
  #below = Number.NaN;

  private constructor(
    path: CgroupDirectory,
    reader: CgroupReader,
    inode: number,
    count: CgroupFile | undefined,
  ) {
    this.path = path;
    this.#reader = reader;
    this.#inode = inode;
    this.#count = count;
  }

  static open(path: CgroupDirectory, reader: CgroupReader): DirectoryWatch | ReadFailure {
    const stamp = stampOf(path);
    if (typeof stamp === 'string') return stamp;
    const count = reader.open(fileIn(path, 'cgroup.stat'));
    // Not held, it would be that of whatever has this name then.
    const held = typeof count !== 'string' && count.descriptor >= 0 ? count : undefined;
    return new DirectoryWatch(path, reader, stamp.inode, held);
  }

  /** `gone`: removed, though there may be a new one of its name. The first look at what is there says `changed`. */
  look(): 'gone' | 'same' | 'changed' {
    if (this.#count !== undefined) {
      const below = this.#reader.readDescendantCount(this.#count);
      if (below === 'gone') return 'gone';
      if (typeof below === 'number') return this.#compare(below);
    }
    const stamp = stampOf(this.path);
    if (stamp === 'gone') return 'gone';
    if (typeof stamp === 'string') return 'changed';
    if (stamp.inode !== this.#inode) return 'gone';
    return this.#compare(stamp.links === 2 ? 0 : Number.NaN);
  }

  #compare(below: number): 'same' | 'changed' {
    const before = this.#below;
    this.#below = below;
    return below === before ? 'same' : 'changed';
  }

  close(): void {
    if (this.#count !== undefined) this.#reader.close(this.#count);
  }
}
