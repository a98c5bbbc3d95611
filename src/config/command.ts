import type { CommandName } from './command-name.ts';
import { ConfigError, shown } from './config-error.ts';
import type { ConfigDisk } from './disk.ts';
import type { Environment } from './environment.ts';
import type { ReadValues } from './given.ts';
import type { Settings } from './options.ts';

/** An argument that belongs to no option, usually a file. Hostile text. */
export interface Operand {
  readonly text: string;
  /** It stands after `--`. */
  readonly isAfterDashes: boolean;
}

/** What a command makes its configuration from. */
export interface CommandInputs {
  /** Options of other commands hold their defaults. */
  readonly settings: Settings;
  readonly decidedBy: ReadonlyMap<string, ReadValues>;
  readonly operands: readonly Operand[];
  /** What stands after `--`, for the main command alone: a command to run. */
  readonly argv: readonly [string, ...string[]] | undefined;
  readonly env: Environment;
  readonly isDirectory: ConfigDisk['isDirectory'];
  /** Takes printable sentences, to be logged once at start. */
  readonly warnings: string[];
}

/** A command, as far as the command line goes: what `--help` says of it, and how its configuration is made. */
export interface Command<Name extends CommandName = CommandName, C = unknown> {
  readonly name: Name;
  /** What it does, in a few words, for the list of commands. */
  readonly summary: string;
  /** What `--help` says before its options: one sentence, `Usage:`, what it does, `Examples:`. In 80 columns. */
  readonly introduction: string;
  /** What the short help says instead, on half a screen; only of a command that has a short help. */
  readonly brief?: string;
  /** What `--help` prints between the options and the exit codes; empty if nothing. In 80 columns. */
  readonly ending: string;
  /** Throws ConfigError and nothing else. */
  readonly read: (inputs: CommandInputs) => C;
}

/** The one file that a command takes. Throws ConfigError where there is none, or more. */
export function oneFile(command: CommandName, operands: readonly Operand[]): string {
  const [file, another] = operands;
  const about = { option: 'FILE', accepted: 'one file' };
  if (file === undefined || file.text === '')
    throw new ConfigError(`${command} needs a file: unitledger ${command} FILE`, about);
  if (another !== undefined) {
    const second = shown(another.text);
    throw new ConfigError(`${command} takes one file, and "${second}" is another`, {
      ...about,
      value: another.text,
    });
  }
  return file.text;
}
