import convict from 'convict';
import type { ConfigDisk } from './command.ts';
import { readCommandLine } from './command-line.ts';
import type { CommandName } from './command-name.ts';
import { commandOf, type Loaded as LoadedCommand } from './commands.ts';
import { givenByFile } from './config-file.ts';
import {
  type Environment,
  givenByOwnVariables,
  misspeltVariables,
  readStandardVariables,
} from './environment.ts';
import { type Given, type ReadValue, type ReadValues, readGiven } from './given.ts';
import { helpText } from './help.ts';
import { isAcceptedBy } from './option.ts';
import { type Settings, VALUE_OPTIONS } from './options.ts';

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
          isAcceptedBy(option, line.command),
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

/**
 * Sources of values, lowest precedence first. Standard `OTEL_*` variables come between the file and our own variables.
 */
interface Sources {
  /** The command whose options are read. */
  readonly command: CommandName;
  readonly file: readonly Given[];
  readonly env: Environment;
  readonly ownVariables: readonly Given[];
  readonly flags: readonly Given[];
}

/** Final value of every option, and the values that determined it, by option name; no entry for a default. */
interface Settled {
  readonly settings: Settings;
  readonly decidedBy: ReadonlyMap<string, ReadValues>;
}

type Layer = ReadonlyMap<string, ReadValues>;

/**
 * Parses every value, also overridden ones (to report mistakes in a file), and uses the source of highest precedence
 * for each option: lists are not merged across sources. Throws ConfigError.
 */
function settle(sources: Sources, warnings: string[]): Settled {
  const flags = readLayer(sources.flags, warnings);
  const ownVariables = readLayer(sources.ownVariables, warnings);
  const file = readLayer(sources.file, warnings);
  const standard: Layer = new Map(
    VALUE_OPTIONS.filter(
      (option) =>
        isAcceptedBy(option, sources.command) && !flags.has(option.name) && !ownVariables.has(option.name),
    ).flatMap((option) => {
      const [first, ...rest] = readStandardVariables(option, sources.env, warnings);
      return first === undefined ? [] : [[option.name, [first, ...rest]] as const];
    }),
  );

  // The library's own parsing of arguments, environment and text is lax (80abc is 80), so it only gets parsed values,
  // under the fixed names of the list.
  const config = convict(SCHEMA, { args: [], env: {} });
  const decidedBy = new Map<string, ReadValues>();
  for (const layer of [file, standard, ownVariables, flags]) {
    for (const [name, values] of layer) {
      config.set(name, settledValue(values));
      decidedBy.set(name, values);
    }
  }
  config.validate({ allowed: 'strict' });
  return { settings: config.getProperties() as unknown as Settings, decidedBy };
}

const BUILT_IN = { number: Number, string: String, boolean: Boolean } as const;

const SCHEMA: convict.Schema<Record<string, unknown>> = Object.fromEntries(
  VALUE_OPTIONS.map((option) => [
    option.name,
    {
      doc: option.help,
      default: option.default,
      format: option.many === 'once' ? BUILT_IN[option.format.holds] : Array,
    },
  ]),
);

function readLayer(given: readonly Given[], warnings: string[]): Layer {
  const layer = new Map<string, [ReadValue, ...ReadValue[]]>();
  for (const each of given) {
    const read = readGiven(each, warnings);
    if (read === undefined) continue;
    const before = layer.get(each.option.name);
    if (before === undefined) layer.set(each.option.name, [read]);
    else before.push(read);
  }
  return layer;
}

function settledValue(values: ReadValues): unknown {
  if (values[0].given.option.many !== 'once') return values.map(({ value }) => value);
  return (values.at(-1) as ReadValue).value;
}
