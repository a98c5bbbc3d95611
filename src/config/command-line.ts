import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError, shown } from './config-error.ts';
import { separate } from './environment.ts';
import { type Given, notBuilt } from './given.ts';
import { nearName } from './near-name.ts';
import { flagOf, namesOf, type Option, type ValueOption } from './option.ts';
import { OPTIONS, UNBUILT_COMMANDS } from './options.ts';
import { UNIT_NAME } from './unit-name.ts';

/** What the command line says, options not yet read. */
export interface CommandLine {
  readonly request: 'help' | 'version' | undefined;
  readonly given: readonly Given[];
  /** What stands after `--`. */
  readonly command: readonly [string, ...string[]] | undefined;
}

const MAIN_COMMAND = 'track';

const BY_NAME: ReadonlyMap<string, Option> = new Map(
  (OPTIONS as readonly Option[]).flatMap((option) => namesOf(option).map((name) => [name, option] as const)),
);

/** `argv` is what stands after the program's name. Throws ConfigError. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const terminator = argv.indexOf('--');
  const own = terminator === -1 ? argv : argv.slice(0, terminator);
  const command = terminator === -1 ? undefined : readCommand(argv.slice(terminator + 1));
  const { tokens } = parseArgs({
    args: [...own],
    options: PARSER_OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value !== undefined) continue;
    if (token.name === 'help' || token.name === 'version') {
      return { request: token.name, given: [], command };
    }
  }
  const positionals = tokens.filter((token) => token.kind === 'positional').map((token) => token.value);
  const first = positionals[0];
  if (first !== undefined && UNBUILT_COMMANDS.includes(first)) {
    throw new ConfigError(`the command ${first} is not built yet: only ${MAIN_COMMAND} is`, {
      option: 'COMMAND',
      value: first,
      accepted: MAIN_COMMAND,
    });
  }
  const given: Given[] = [];
  for (const token of tokens) if (token.kind === 'option') given.push(...readOption(token));
  const unexpected = first === MAIN_COMMAND ? positionals[1] : first;
  if (unexpected !== undefined) throw unexpectedArgument(unexpected);
  return { request: undefined, given, command };
}

const PARSER_OPTIONS: ParseArgsConfig['options'] = Object.fromEntries(
  [...BY_NAME].map(([name, option]) => {
    const short = option.built && option.many === 'request' ? option.short : undefined;
    const type = takesValue(option) ? 'string' : 'boolean';
    return [name, short === undefined ? { type, multiple: true } : { type, multiple: true, short }];
  }),
);

function takesValue(option: Option): boolean {
  if (!option.built) return option.takesValue;
  return option.many !== 'request' && option.format.holds !== 'boolean';
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
  readonly index: number;
}

function readOption({ name, rawName, value, inlineValue, index }: OptionToken): readonly Given[] {
  const option = rawName.startsWith('--') ? BY_NAME.get(name) : undefined;
  if (option === undefined) throw unknownOption(rawName);
  if (!option.built) throw notBuilt(rawName, option);
  if (option.many === 'request') {
    throw new ConfigError(`${rawName} takes no value, not "${shown(value ?? '')}"`, {
      option: rawName,
      value,
    });
  }
  const about = { option, named: rawName, format: option.format, position: index };
  if (!takesValue(option)) return [{ ...about, text: value ?? 'true' }];
  if (value === undefined || value === '' || (inlineValue !== true && isFlag(value))) {
    throw missingValue(rawName, option, value);
  }
  return (option.many === 'listed' ? separate(value) : [value]).map((text) => ({ ...about, text }));
}

/** `-5` is a number to be refused as such, `-.slice` is a unit; all else with a dash is the next flag. */
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

function unknownOption(rawName: string): ConfigError {
  const near = nearName(rawName.replace(/^-+/, ''), [...BY_NAME.keys()]);
  const hint = near === undefined ? '--help shows all options' : `did you mean --${near}?`;
  return new ConfigError(`unknown option ${shown(rawName)}; ${hint}`, {
    option: rawName,
    accepted: near === undefined ? undefined : `--${near}`,
  });
}

function unexpectedArgument(text: string): ConfigError {
  const unit = UNIT_NAME.read(text);
  let advice = 'name what to track with --service, --cgroup or --pid';
  if (/^[0-9]+$/.test(text)) advice = `to track that process, say --pid ${text}`;
  else if (unit.kind === 'value') advice = `to track that unit, say --service ${shown(text)}`;
  return new ConfigError(
    `unexpected argument "${shown(text)}": ${advice}; to run and track a command, put -- before it`,
    {
      option: 'COMMAND',
      value: text,
      accepted: MAIN_COMMAND,
    },
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
    throw new ConfigError('-- COMMAND must hold no zero byte', { option: '--', accepted: 'a command' });
  }
  return [program, ...rest];
}
