/** Timeout of a pipe that neither delivers nor accepts a byte. */
const PATIENCE_MILLIS = 10_000;
const LOOK_EVERY_MILLIS = 10;

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function pauseThread(millis: number): void {
  Atomics.wait(cell, 0, 0, millis);
}

/**
 * Repeats `act` while it fails with EAGAIN (pipe empty or full), at most ten seconds; then throws that error. Blocks
 * this thread.
 */
export function withPatience<T>(act: () => T): T {
  for (let waited = 0; ; waited += LOOK_EVERY_MILLIS) {
    try {
      return act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waited >= PATIENCE_MILLIS) throw error;
      pauseThread(LOOK_EVERY_MILLIS);
    }
  }
}
