import { dirname } from 'node:path';
import type { CommandName } from './command-name.ts';
import { ConfigError, shown } from './config-error.ts';
import type { Environment } from './environment.ts';
import type { ReadValues } from './given.ts';
import type { Settings } from './options.ts';

/** An argument that belongs to no option, usually a file. Hostile text. */
export interface Operand {
  readonly text: string;
  /** It comes after `--`. */
  readonly isAfterDashes: boolean;
}

/** Input for the configuration of a command. */
export interface CommandInputs {
  /** Options of other commands have their defaults. */
  readonly settings: Settings;
  readonly decidedBy: ReadonlyMap<string, ReadValues>;
  readonly operands: readonly Operand[];
  /** Arguments after `--`, for the main command only: a command to run. */
  readonly argv: readonly [string, ...string[]] | undefined;
  readonly env: Environment;
  readonly isDirectory: ConfigDisk['isDirectory'];
  /** Receives printable sentences, to be logged once at startup. */
  readonly warnings: string[];
}

/** A command: its `--help` text, and how its configuration is created. */
export interface Command<Name extends CommandName = CommandName, C = unknown> {
  readonly name: Name;
  /** Short description for the list of commands. */
  readonly summary: string;
  /** Text of `--help` before the options: one sentence, `Usage:`, description, `Examples:`. In 80 columns. */
  readonly introduction: string;
  /** Replacement in the short help, half a screen; only for commands that have a short help. */
  readonly brief?: string;
  /** Text of `--help` between the options and the exit codes; may be empty. In 80 columns. */
  readonly ending: string;
  /** Throws ConfigError only. */
  readonly read: (inputs: CommandInputs) => C;
}

/** The single file operand of a command. Throws ConfigError if there is none, or more than one. */
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

/** Disk access of `loadConfig`. */
export interface ConfigDisk {
  /** The first bytes of a file, at most `limitBytes`. Throws FileFault and errors of `node:fs`. */
  readonly readFile: (path: string, limitBytes: number) => Uint8Array;
  readonly isDirectory: (path: string) => boolean;
}

/**
 * Checks that the file named by an option can be created or replaced. Throws ConfigError. Other errors occur when the
 * file is opened.
 */
export function checkNewFile(
  option: string,
  file: string | undefined,
  decidedBy: ReadValues | undefined,
  isDirectory: ConfigDisk['isDirectory'],
): void {
  if (file === undefined) return;
  const directory = dirname(file);
  const accepted = 'a file in a directory that exists';
  const what = isDirectory(file)
    ? 'which is a directory'
    : isDirectory(directory)
      ? undefined
      : `since there is no directory "${shown(directory)}"`;
  if (what === undefined) return;
  throw new ConfigError(
    `${decidedBy!.at(-1)!.given.named} must be ${accepted}, not "${shown(file)}", ${what}`,
    {
      option,
      value: file,
      accepted,
    },
  );
}

/** The listed values, each once; `none` means an empty list and cannot be combined. */
export function listOrNone<V extends string>(
  named: readonly (V | 'none')[],
  decidedBy: ReadValues | undefined,
  option: string,
): readonly V[] {
  const listed = named.filter((value): value is V => value !== 'none');
  if (listed.length > 0 && listed.length < named.length) {
    const source = decidedBy![0].given.named;
    throw new ConfigError(`${source} must be none alone or a list without it, not "${named.join(',')}"`, {
      option,
      value: named.join(','),
      accepted: 'none alone, or a list without it',
    });
  }
  return [...new Set(listed)];
}
