/** How a process ended: exactly one of the two values is null, or both if nothing is known. */
export interface ProcessEnd {
  /** The code that it exited with; null if a signal ended it. */
  readonly exitCode: number | null;
  /** Number of the signal that ended it; null if it exited. */
  readonly signal: number | null;
}

/** Decodes a status of wait(2). */
export function endOfStatus(waitStatus: number): ProcessEnd {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? { exitCode: (waitStatus >> 8) & 0xff, signal: null } : { exitCode: null, signal };
}

/** Offset of signal numbers. */
const OF_SIGNAL = 128;

/** The exit code by the shell convention: 128 + signal number if a signal ended the process. */
export function shellExitCode({ exitCode, signal }: ProcessEnd): number | null {
  return signal === null ? exitCode : OF_SIGNAL + signal;
}

/** Number of the signal in an exit code by the shell convention; null for a regular exit code. */
export function signalOfExitCode(exitCode: number): number | null {
  return exitCode > OF_SIGNAL ? exitCode - OF_SIGNAL : null;
}
