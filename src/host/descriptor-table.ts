import { loadForeignFunctions } from './foreign-functions.ts';

/** `F_DUPFD_CLOEXEC` (linux/fcntl.h). */
const F_DUPFD_CLOEXEC = 1030;
const STDIN = 0;

/** Three descriptors for each of 1,000 processes, and some more: 32 KiB in the kernel. */
const ROOM = 4096;

/**
 * Makes room for 4,096 descriptors in unitledger's table, or for its `limit`, on another thread, because the first
 * sample opens many at once. Resolves to whether it succeeded. The kernel doubles the table whenever it is full; for a
 * multi-threaded program it then waits until no processor can still use the old one (`expand_fdtable` in fs/file.c,
 * synchronize_rcu), 4 to 16 ms each time. A file opened during that time waits only if it needs the room. The table
 * never shrinks.
 */
export function makeRoomForDescriptors(limit: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  try {
    const koffi = loadForeignFunctions();
    const library = koffi.load(null);
    const fcntl = library.func('int fcntl(int descriptor, int command, long least)');
    const close = library.func('int close(int descriptor)');
    // Only the number of the duplicate matters, not the file.
    fcntl.async(STDIN, F_DUPFD_CLOEXEC, Math.min(limit, ROOM) - 1, (_error: unknown, descriptor: number) => {
      resolve(descriptor >= 0 && close(descriptor) === 0);
    });
  } catch {
    // Without the library the table grows as it is filled.
    resolve(false);
  }
  return promise;
}
