import { dirname, normalize } from 'node:path';
import type { CommandName } from './command-name.ts';
import type { NamedFile } from './config.ts';
import { ConfigError, shown } from './config-error.ts';
import type { Environment } from './environment.ts';
import { mixesNone, NONE_ALONE, type ReadValues } from './given.ts';
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
    throw new ConfigError(`${command} takes only one file; "${second}" is a second one`, {
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

/** The flag, variable or key that set an option, in a configuration where one did. */
export function namedBy({ decidedBy }: Pick<CommandInputs, 'decidedBy'>, option: string): string {
  return decidedBy.get(option)!.at(-1)!.given.named;
}

/**
 * Checks that the files named by these options can be created or replaced, and that none of them is another one, or one of the
 * files that are `read`. Throws ConfigError. Other errors occur when the files are opened.
 */
export function checkNewFiles(
  inputs: CommandInputs,
  options: readonly ('output' | 'record' | 'report' | 'summary-file')[],
  read: readonly string[] = [],
): void {
  const uses = new Map(read.map((file) => [normalize(file), 'which is read']));
  for (const option of options) {
    const file = inputs.settings[option];
    if (file === undefined) continue;
    const named = namedBy(inputs, option);
    const refused = (accepted: string, why: string) =>
      new ConfigError(`${named} must be ${accepted}, not "${shown(file)}", ${why}`, {
        option: `--${option}`,
        value: file,
        accepted,
      });
    const why = whyNoNewFile(file, inputs.isDirectory);
    if (why !== null) throw refused('a file in a directory that exists', why);
    const use = uses.get(normalize(file));
    if (use !== undefined && !isDevice(file)) throw refused('a file of its own', use);
    uses.set(normalize(file), `which ${named} names as well`);
  }
}

/** Standard output and the like accept several outputs; `/dev/shm` has files. */
function isDevice(file: string): boolean {
  return /^\/(?:dev\/(?!shm\/)|proc\/[^/]+\/fd\/)/.test(normalize(file));
}

function whyNoNewFile(file: string, isDirectory: ConfigDisk['isDirectory']): string | null {
  if (isDirectory(file)) return 'which is a directory';
  const directory = dirname(file);
  return isDirectory(directory) ? null : `since there is no directory "${shown(directory)}"`;
}

/** Options with a list of values, or `none`. */
type ListOption = 'export' | 'metrics' | 'process-attributes' | 'process-details';
type Listed<O extends ListOption> = Exclude<Settings[O][number], 'none'>;

/** The listed values of an option, each once; `none` means an empty list and cannot be combined. Throws ConfigError. */
export function listOrNone<O extends ListOption>(inputs: CommandInputs, option: O): readonly Listed<O>[] {
  const values: readonly string[] = inputs.settings[option];
  if (mixesNone(values)) {
    const value = values.join(',');
    const about = { option: `--${option}`, value, accepted: NONE_ALONE };
    throw new ConfigError(`${namedBy(inputs, option)} must be ${NONE_ALONE}, not "${value}"`, about);
  }
  return [...new Set(values.filter((value) => value !== 'none') as Listed<O>[])];
}

/** The file of `--otlp-headers-file`. */
export function headersFileOf(inputs: CommandInputs): NamedFile | undefined {
  const path = inputs.settings['otlp-headers-file'];
  return path === undefined ? undefined : { path, named: namedBy(inputs, 'otlp-headers-file') };
}
