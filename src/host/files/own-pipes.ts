import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * Makes Node write to standard output and standard error by descriptors of its own if they are pipes. Node sets O_NONBLOCK, which
 * belongs to the open file (open(2)) and so to all programs that share the pipe: while its reader is slow, their writes would fail
 * with EAGAIN. Call it before the streams are used.
 */
export function useOwnPipes(): void {
  for (const [name, descriptor] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const fd = openedAgain(descriptor);
    if (fd === null) continue;
    // Node's own stream exists by now, because modules of Node look at it, and has set the flag.
    const { _handle: handle } = process[name] as { readonly _handle?: { setBlocking?(is: boolean): void } };
    handle?.setBlocking?.(true);
    const value = new Socket({ fd, readable: false, writable: true }).unref();
    Object.defineProperty(process, name, { value, configurable: true, enumerable: true });
  }
}

/** Null if it is no pipe, or cannot be opened again: it belongs to another user, or its reader is gone. */
function openedAgain(descriptor: number): number | null {
  try {
    if (!fstatSync(descriptor).isFIFO()) return null;
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Node's own stream remains.
    return null;
  }
}
