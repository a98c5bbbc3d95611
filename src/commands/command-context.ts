import type { Clock } from '../host/clock.ts';
import type { Log } from '../text/log.ts';
import type { RunEnd } from './run-end.ts';

/** What a command needs of the world around it. */
export interface CommandContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly end: RunEnd;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly standardInput: NodeJS.ReadStream;
  readonly standardOutput: NodeJS.WriteStream;
  readonly standardError: NodeJS.WriteStream;
  /** For a view that takes the terminal over: it must be restored before the program ends or stops. */
  holdTerminal(holder: TerminalHolder): TerminalHold;
}

/** Who has taken the terminal over. */
export interface TerminalHolder {
  /** The program exits, be it by an error that nobody caught. */
  exit(): void;
  /** It is stopped (SIGTSTP): the terminal goes back to the shell. */
  leave(): void;
  /** It goes on (SIGCONT). */
  takeBack(): void;
}

export interface TerminalHold {
  /** Stops the program and all of its job, as Ctrl+Z does where the terminal itself sees that. */
  suspend(): void;
  /** The terminal is restored for good. */
  release(): void;
}
