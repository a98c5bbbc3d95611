import type { Clock } from '../host/clock.ts';
import type { Log } from '../text/log.ts';
import type { RunEnd } from './run-end.ts';

/** Clock, log, streams and signals for a command, so that tests can replace them. */
export interface CommandContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly end: RunEnd;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly standardInput: NodeJS.ReadStream;
  readonly standardOutput: NodeJS.WriteStream;
  readonly standardError: NodeJS.WriteStream;
  /** For a view that takes over the terminal: the terminal is restored before the program ends or stops. */
  holdTerminal(holder: TerminalHolder): TerminalHold;
}

/** A view that has taken over the terminal. */
export interface TerminalHolder {
  /** The program exits, possibly by an uncaught error. */
  exit(): void;
  /** The program is stopped (SIGTSTP); the shell gets the terminal. */
  leave(): void;
  /** The program continues (SIGCONT). */
  takeBack(): void;
}

export interface TerminalHold {
  /** Stops the program and its whole job, like Ctrl+Z on a terminal that handles it itself. */
  suspend(): void;
  /** The terminal is restored and not taken over again. */
  release(): void;
}
