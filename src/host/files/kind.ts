import type { Stats } from 'node:fs';

/** What is at a path, in words: `a FIFO`. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a regular file';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return stats.isBlockDevice() ? 'a block device' : 'a device';
}

/**
 * Whether a path names an open descriptor of this program: `/dev/stdin`, or what a shell passes for `<(…)` and `>(…)`. The
 * caller opened it on purpose, so a pipe is as good as a file there.
 */
export function isOwnDescriptor(path: string): boolean {
  return /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/self\/fd\/\d+)$/.test(path);
}
