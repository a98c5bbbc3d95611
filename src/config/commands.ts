import type { Command, UnbuiltCommand } from './command.ts';
import { COMMAND_NAMES, type CommandName } from './command-name.ts';
import { DOCTOR } from './commands/doctor.ts';
import { REPLAY } from './commands/replay.ts';
import { REPORT } from './commands/report.ts';
import { TRACK } from './commands/track.ts';

/** The commands, by name. */
export const COMMANDS = {
  track: TRACK,
  doctor: DOCTOR,
  replay: REPLAY,
  report: REPORT,
  compare: { name: 'compare', built: false },
} as const satisfies { readonly [N in CommandName]: Command<N> | UnbuiltCommand<N> };

type Listed = (typeof COMMANDS)[CommandName];

/** A command that is to be run, with its configuration. */
export type Loaded = {
  readonly [N in CommandName]: (typeof COMMANDS)[N] extends Command<N, infer C>
    ? { readonly command: N; readonly config: C }
    : never;
}[CommandName];

/** The commands that this version has, the main one first. */
export const BUILT_COMMANDS: readonly Command[] = COMMAND_NAMES.map((name): Listed => COMMANDS[name]).filter(
  (command) => command.built,
);

/** Commands of the design that this version refuses. */
export const UNBUILT_COMMANDS: readonly CommandName[] = COMMAND_NAMES.filter((name) => !COMMANDS[name].built);
