import type { Clock } from '../sampling/pace.ts';
import type { Log } from '../text/log.ts';
import type { RunEnd } from './run-end.ts';

/** What a command needs of the world around it. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly end: RunEnd;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly standardOutput: NodeJS.WriteStream;
  readonly standardError: NodeJS.WriteStream;
}
