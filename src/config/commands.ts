import type { Command } from './command.ts';
import { COMMAND_NAMES, type CommandName } from './command-name.ts';
import { COMPARE } from './commands/compare.ts';
import { DOCTOR } from './commands/doctor.ts';
import { REPLAY } from './commands/replay.ts';
import { REPORT } from './commands/report.ts';
import { TRACK } from './commands/track.ts';

const BY_NAME = {
  track: TRACK,
  doctor: DOCTOR,
  replay: REPLAY,
  report: REPORT,
  compare: COMPARE,
} as const satisfies { readonly [N in CommandName]: Command<N> };

/** The command to run, with its configuration. */
export type Loaded = {
  readonly [N in CommandName]: (typeof BY_NAME)[N] extends Command<N, infer C>
    ? { readonly command: N; readonly config: C }
    : never;
}[CommandName];

export function commandOf(name: CommandName): Command {
  return BY_NAME[name];
}

/** The commands, main command first. */
export const COMMANDS: readonly Command[] = COMMAND_NAMES.map(commandOf);
