import { readdirSync, statSync } from 'node:fs';
import { type ReadFailure, readFailureOf } from '../read-failure.ts';

/**
 * Path of a cgroup directory: text, or bytes if a name in it is not valid UTF-8. Any process that may create cgroups (a
 * delegated unit, a container) can use such names.
 */
export type CgroupDirectory = string | Buffer;

/** Cheap indication of whether a directory is still the same, and whether subdirectories were created or removed. */
export interface DirectoryStamp {
  readonly inode: number;
  /** 2 plus one for each subdirectory; 1 on file systems that do not count. */
  readonly links: number;
  /**
   * Changes when a subdirectory is created or removed; in a cgroup tree only if systemd has set extended attributes on
   * it.
   */
  readonly modifiedMillis: number;
}

export function stampOf(path: CgroupDirectory): DirectoryStamp | ReadFailure {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return 'gone';
    return stats.isDirectory()
      ? { inode: stats.ino, links: stats.nlink, modifiedMillis: stats.mtimeMs }
      : 'unsupported';
  } catch (error) {
    return readFailureOf(error);
  }
}

/** Names of the subdirectories of `path`, including those with a leading dot. */
export function listDirectories(path: string): string[] | ReadFailure {
  try {
    const names: string[] = [];
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) names.push(entry.name);
    }
    return names;
  } catch (error) {
    return readFailureOf(error);
  }
}

/** Paths of the subdirectories of `path`. */
export function listSubdirectories(path: CgroupDirectory): CgroupDirectory[] | ReadFailure {
  if (typeof path === 'string') {
    const names = listDirectories(path);
    if (typeof names === 'string') return names;
    if (!names.some((name) => name.includes('\ufffd'))) return names.map((name) => `${path}/${name}`);
  }
  try {
    const parent = Buffer.concat([Buffer.from(path), SLASH]);
    return readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
      .filter((entry) => entry.isDirectory())
      .map((entry) => Buffer.concat([parent, entry.name]));
  } catch (error) {
    return readFailureOf(error);
  }
}

export function fileIn(directory: CgroupDirectory, file: string): CgroupDirectory {
  return typeof directory === 'string'
    ? `${directory}/${file}`
    : Buffer.concat([directory, SLASH, Buffer.from(file)]);
}

const SLASH = Buffer.from('/');
