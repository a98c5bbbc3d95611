import type { Stats } from 'node:fs';

/** Type of a file in words: `a FIFO`. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a regular file';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return stats.isBlockDevice() ? 'a block device' : 'a device';
}

/**
 * Whether a path is an open descriptor of unitledger: `/dev/stdin`, or the argument of a shell's `<(…)` and `>(…)`. The
 * caller opened it on purpose, so a pipe is as good as a file.
 */
export function isOwnDescriptor(path: string): boolean {
  return /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/self\/fd\/\d+)$/.test(path);
}
