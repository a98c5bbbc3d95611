/** How a process ended: exactly one of the two is null, or both where nothing is known. */
export interface ProcessEnd {
  /** The code that it exited with; null if a signal ended it. */
  readonly exitCode: number | null;
  /** Number of the signal that ended it; null if it exited. */
  readonly signal: number | null;
}

/** The end of a process out of its status as wait(2) returns it. */
export function endOfStatus(waitStatus: number): ProcessEnd {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? { exitCode: (waitStatus >> 8) & 0xff, signal: null } : { exitCode: null, signal };
}

/** Added to the number of a signal. */
const OF_SIGNAL = 128;

/** The end as shells report it: 128 plus the number of the signal, if a signal ended the process. */
export function shellExitCode({ exitCode, signal }: ProcessEnd): number | null {
  return signal === null ? exitCode : OF_SIGNAL + signal;
}

/** Number of the signal in an exit code as shells report it; null for a code that the process exited with. */
export function signalOfExitCode(exitCode: number): number | null {
  return exitCode > OF_SIGNAL ? exitCode - OF_SIGNAL : null;
}
