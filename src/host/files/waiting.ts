/** A pipe that neither gives nor takes a byte for so long is given up. */
const PATIENCE_MILLIS = 10_000;
const LOOK_EVERY_MILLIS = 10;

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread for so long. */
export function pauseThread(millis: number): void {
  Atomics.wait(cell, 0, 0, millis);
}

/**
 * Repeats `act` for as long as it fails with EAGAIN (a pipe that is empty or full), ten seconds at most; then throws that
 * error. Blocks this thread.
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
