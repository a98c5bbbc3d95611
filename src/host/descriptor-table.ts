import { loadForeignFunctions } from './foreign-functions.ts';

/** `F_DUPFD_CLOEXEC` (linux/fcntl.h). */
const F_DUPFD_CLOEXEC = 1030;
const STDIN = 0;

/** Three descriptors of each of 1,000 processes, and some: 32 KiB in the kernel. */
const ROOM = 4096;

/**
 * Makes room for 4,096 descriptors in this program's table, or for the `limit` that it may open, on another thread: the
 * first sample opens many at once. Resolves to whether there is. The kernel doubles the table whenever it is full, and
 * lets a program that has threads wait each time until no processor can still be looking at the old one (`expand_fdtable`
 * in fs/file.c, synchronize_rcu): 4 to 16 ms each. A file opened during that time waits only if it needs the room. The table
 * stays as large.
 */
export function makeRoomForDescriptors(limit: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  try {
    const koffi = loadForeignFunctions();
    const library = koffi.load(null);
    const fcntl = library.func('int fcntl(int descriptor, int command, long least)');
    const close = library.func('int close(int descriptor)');
    // Of a descriptor with a number that high, whatever it is of, nothing but the number matters.
    fcntl.async(STDIN, F_DUPFD_CLOEXEC, Math.min(limit, ROOM) - 1, (_error: unknown, descriptor: number) => {
      resolve(descriptor >= 0 && close(descriptor) === 0);
    });
  } catch {
    // Without the library the table grows as it is filled.
    resolve(false);
  }
  return promise;
}
