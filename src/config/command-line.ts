import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Operand } from './command.ts';
import { COMMAND_NAMES, type CommandName, MAIN_COMMAND } from './command-name.ts';
import { ConfigError, shown } from './config-error.ts';
import { separate } from './environment.ts';
import { inWords } from './format.ts';
import type { Given } from './given.ts';
import {
  flagOf,
  formatOf,
  holdsValue,
  isAcceptedBy,
  namesOf,
  type Option,
  type ValueOption,
} from './option.ts';
import { OPTIONS } from './options.ts';
import { suggestion } from './suggestion.ts';

/** The parsed command line; option values are not read yet. */
export interface CommandLine {
  readonly request: 'help' | 'all-help' | 'version' | undefined;
  /** Default: the main command. */
  readonly command: CommandName;
  readonly given: readonly Given[];
  /** Arguments that belong to no option, without the command's own name. */
  readonly operands: readonly Operand[];
  /** Arguments after `--`: for the main command, a command to run; for the others, operands. */
  readonly argv: readonly [string, ...string[]] | undefined;
}

const BY_NAME: ReadonlyMap<string, Option> = new Map(
  (OPTIONS as readonly Option[]).flatMap((option) => namesOf(option).map((name) => [name, option] as const)),
);

/** Requests all options: `--help all`, `help all`. */
const ALL = 'all';

/** `argv`: arguments after the program's name. Throws ConfigError. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const terminator = argv.indexOf('--');
  const own = terminator === -1 ? argv : argv.slice(0, terminator);
  const rest = terminator === -1 ? undefined : argv.slice(terminator + 1);
  const { tokens } = parseArgs({
    args: own.map((argument, at) => withValue(argument, own[at + 1])),
    options: PARSER_OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals = tokens.filter((token) => token.kind === 'positional');
  const word = requestedByWord(positionals.map(({ value }) => value));
  if (word !== undefined) return { ...word, given: [], operands: [], argv: undefined };
  const isNamed = isCommandName(positionals[0]?.value);
  const command = isNamed ? (positionals[0]!.value as CommandName) : MAIN_COMMAND;
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value !== undefined) continue;
    if (token.name === 'help' || token.name === 'version') {
      const isAll = token.name === 'help' && positionals.some(({ value }) => value === ALL);
      const asked = isAll ? 'all-help' : token.name;
      return { request: asked, command, given: [], operands: [], argv: undefined };
    }
  }
  const isMain = command === MAIN_COMMAND;
  const toRun = isMain && rest !== undefined ? readCommand(rest) : undefined;
  const given: Given[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const program = positionals.find(({ index }) => isMain && !isNamed && index < token.index)?.value;
    given.push(...readOption(token, command, program));
  }
  const operands: Operand[] = positionals
    .slice(isNamed ? 1 : 0)
    .map(({ value }) => ({ text: value, isAfterDashes: false }));
  for (const text of isMain ? [] : (rest ?? [])) operands.push({ text, isAfterDashes: true });
  return { request: undefined, command, given, operands, argv: toRun };
}

/** Handles the words `help [COMMAND|all]` and `version`; undefined for all others. */
function requestedByWord([word, name]: readonly string[]):
  | Pick<CommandLine, 'request' | 'command'>
  | undefined {
  if (word === 'version') return { request: 'version', command: MAIN_COMMAND };
  if (word !== 'help') return undefined;
  if (name === ALL) return { request: 'all-help', command: MAIN_COMMAND };
  if (name === undefined || isCommandName(name))
    return { request: 'help', command: (name as CommandName | undefined) ?? MAIN_COMMAND };
  const near = suggestion(name, COMMAND_NAMES);
  const hint =
    near === undefined
      ? `the commands are ${inWords(COMMAND_NAMES).replace(' or ', ' and ')}`
      : `did you mean ${near}?`;
  throw new ConfigError(`unknown command "${shown(name)}"; ${hint}`, {
    option: 'help',
    value: name,
    accepted: near,
  });
}

/** Adds the default value of an option that may have none, if no value follows. */
function withValue(argument: string, next: string | undefined): string {
  const option = argument.startsWith('--') ? BY_NAME.get(argument.slice(2)) : undefined;
  if (option === undefined || !holdsValue(option) || option.bare === undefined) return argument;
  const isValue = next !== undefined && !isFlag(next) && !isCommandName(next);
  return isValue ? argument : `${argument}=${option.bare}`;
}

function isCommandName(text: string | undefined): boolean {
  return (COMMAND_NAMES as readonly (string | undefined)[]).includes(text);
}

const PARSER_OPTIONS: ParseArgsConfig['options'] = Object.fromEntries(
  [...BY_NAME].map(([name, option]) => {
    const short = option.many === 'request' ? option.short : undefined;
    const type = takesValue(option) ? 'string' : 'boolean';
    return [name, short === undefined ? { type, multiple: true } : { type, multiple: true, short }];
  }),
);

function takesValue(option: Option): boolean {
  return holdsValue(option) && option.format.holds !== 'boolean';
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
  readonly index: number;
}

/** `program`: an argument before the option that may be a command without the `--` before it. */
function readOption(
  { name, rawName, value, inlineValue, index }: OptionToken,
  command: CommandName,
  program: string | undefined,
): readonly Given[] {
  const option = rawName.startsWith('--') ? BY_NAME.get(name) : undefined;
  if (option === undefined) throw unknownOption(rawName, command, program);
  if (!isAcceptedBy(option, command)) throw optionOfAnother(rawName, option, command);
  if (!holdsValue(option)) {
    throw new ConfigError(`${rawName} takes no value, not "${shown(value ?? '')}"`, {
      option: rawName,
      value,
    });
  }
  const about = { option, named: rawName, format: formatOf(option, name), position: index };
  if (!takesValue(option)) return [{ ...about, text: value ?? 'true' }];
  if (value === undefined || value === '' || (inlineValue !== true && isFlag(value))) {
    throw missingValue(rawName, option, value);
  }
  return (option.many === 'listed' ? separate(value) : [value]).map((text) => ({ ...about, text }));
}

/** `-5` is a number (to be rejected as such), `-.slice` is a unit; everything else with a dash is the next flag. */
function isFlag(text: string): boolean {
  return /^-[^0-9.]/.test(text);
}

function missingValue(named: string, option: ValueOption, next: string | undefined): ConfigError {
  const instead = next === undefined || next === '' ? '' : `, but "${shown(next)}" follows`;
  return new ConfigError(`${named} needs a value${instead}: it must be ${option.format.accepted}`, {
    option: flagOf(option),
    value: next,
    accepted: option.format.accepted,
  });
}

function unknownOption(rawName: string, command: CommandName, program: string | undefined): ConfigError {
  const names = [...BY_NAME].flatMap(([name, option]) => (isAcceptedBy(option, command) ? [name] : []));
  const near = suggestion(rawName.replace(/^-+/, ''), names);
  const help = command === MAIN_COMMAND ? '--help all' : `${command} --help`;
  const hint = near === undefined ? `unitledger ${help} lists all options` : `did you mean --${near}?`;
  const toRun =
    program === undefined
      ? ''
      : `; to run and track ${shown(program)}, put -- before it: -- ${shown(program)} …`;
  return new ConfigError(`unknown option ${shown(rawName)}; ${hint}${toRun}`, {
    option: rawName,
    accepted: near === undefined ? undefined : `--${near}`,
  });
}

function optionOfAnother(rawName: string, { commands }: Option, command: CommandName): ConfigError {
  const owners = inWords(commands as readonly string[]);
  return new ConfigError(
    `${command} takes no ${rawName}: it is an option of ${owners}; unitledger ${command} --help shows those of ${command}`,
    { option: rawName },
  );
}

function readCommand(argv: readonly string[]): readonly [string, ...string[]] {
  const [program, ...rest] = argv;
  if (program === undefined || program === '') {
    throw new ConfigError('-- must be followed by a command to run and track: -- COMMAND [ARG...]', {
      option: '--',
      value: program,
      accepted: 'a command',
    });
  }
  if (argv.some((argument) => argument.includes('\0'))) {
    throw new ConfigError('-- COMMAND must not contain a zero byte', { option: '--', accepted: 'a command' });
  }
  return [program, ...rest];
}
