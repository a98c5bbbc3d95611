import { readdirSync, statSync } from 'node:fs';
import { type ReadFailure, readFailureOf } from '../read-failure.ts';

/**
 * Path of a cgroup directory: text, or bytes where a name in it is not UTF-8. A process that may make cgroups (a delegated
 * unit, a container) may name them so.
 */
export type CgroupDirectory = string | Buffer;

/** What tells cheaply whether a directory is still the same, and whether directories in it came or went. */
export interface DirectoryStamp {
  readonly inode: number;
  /** 2 and one more for each directory in it; 1 on file systems that don't count. */
  readonly links: number;
  /** Moves when a directory in it comes or goes; in a cgroup tree only where systemd has put attributes on it. */
  readonly modifiedMillis: number;
}

/** The stamp of the directory at `path`. */
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

/** Names of the directories in `path`, those that begin with a dot too. */
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

/** Paths of the directories in `path`. */
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

/** The path of `file` in `directory`. */
export function fileIn(directory: CgroupDirectory, file: string): CgroupDirectory {
  return typeof directory === 'string'
    ? `${directory}/${file}`
    : Buffer.concat([directory, SLASH, Buffer.from(file)]);
}

const SLASH = Buffer.from('/');
