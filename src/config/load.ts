import { readCommandLine } from './command-line.ts';
import { commandOf, type Loaded as LoadedCommand } from './commands.ts';
import { givenByFile } from './config-file.ts';
import type { ConfigDisk } from './disk.ts';
import { type Environment, givenByOwnVariables, misspeltVariables } from './environment.ts';
import { type Given, readGiven } from './given.ts';
import { helpText } from './help.ts';
import { isOptionOf } from './option.ts';
import { settle } from './settle.ts';

/** Input of the configuration. `disk` of `disk.ts` implements the last two. */
export interface ConfigInputs extends ConfigDisk {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
}

/** A command with its configuration, or text to print instead. */
export type Loaded = LoadedCommand | { readonly help: string } | { readonly version: true };

/**
 * Reads command line, environment and file, in this order of precedence, with defaults for the rest. Throws ConfigError
 * only.
 */
export function loadConfig({ argv, env, readFile, isDirectory }: ConfigInputs): Loaded {
  const line = readCommandLine(argv);
  if (line.request === 'help' || line.request === 'all-help')
    return { help: helpText(line.command, { all: line.request === 'all-help' }) };
  if (line.request === 'version') return { version: true };

  const warnings: string[] = [...misspeltVariables(env)];
  const ownVariables = givenByOwnVariables(env, line.command);
  const named = line.given.findLast(isConfigFile) ?? ownVariables.findLast(isConfigFile);
  const path = named && readGiven(named, warnings);
  // One file may serve all commands.
  const file =
    path === undefined
      ? []
      : givenByFile(path.value as string, path.given.named, readFile).filter(({ option }) =>
          isOptionOf(option, line.command),
        );
  const sources = { command: line.command, file, env, ownVariables, flags: line.given };
  const { settings, decidedBy } = settle(sources, warnings);
  const { operands, argv: command } = line;
  const inputs = { settings, decidedBy, operands, argv: command, env, isDirectory, warnings };
  // Each configuration belongs to its command, which TypeScript's types cannot express.
  return { command: line.command, config: commandOf(line.command).read(inputs) } as Loaded;
}

function isConfigFile({ option }: Given): boolean {
  return option.name === 'config';
}
