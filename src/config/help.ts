import { type CommandName, MAIN_COMMAND } from './command-name.ts';
import { COMMANDS, commandOf } from './commands.ts';
import { exitCodesOf } from './exit-codes.ts';
import {
  defaultTextOf,
  flagOf,
  GROUPS,
  holdsValue,
  isOptionOf,
  namesOf,
  type Option,
  variablesOf,
} from './option.ts';
import { OPTIONS } from './options.ts';
import { wrapped } from './wrapped.ts';

const INDENT = 6;

/**
 * Text of `--help` of a command: at most 80 columns, generated from the list of options, with a final newline. `all`:
 * every option with its variables and default; otherwise the main command shows its most used options, one line each.
 */
export function helpText(name: CommandName, { all }: { readonly all: boolean }): string {
  const command = commandOf(name);
  if (!all && command.brief !== undefined) return shortHelp(command.name, command.brief);
  const options = (OPTIONS as readonly Option[]).filter((option) => isOptionOf(option, command.name));
  const groups = GROUPS.flatMap((group) => {
    const own = options.filter((option) => option.group === group);
    return own.length === 0 ? [] : [`${group}:\n${own.map(describe).join('')}`];
  });
  const others = command.name === MAIN_COMMAND ? `\n${otherCommands()}` : '';
  const endings = command.ending === '' ? [] : [command.ending];
  return [`${command.introduction}${others}`, ...groups, ...endings, exitCodes(command.name)].join('\n');
}

/** On one screen: description, commands, and the options with a brief text. */
function shortHelp(name: CommandName, brief: string): string {
  const options = (OPTIONS as readonly Option[]).filter(
    (option) => isOptionOf(option, name) && option.brief !== undefined,
  );
  const heads = options.map(headOf);
  const width = Math.max(...heads.map((head) => head.length));
  const lines = options.map((option, at) => `${heads[at]!.padEnd(width)}  ${option.brief}\n`);
  return [brief, otherCommands(), `Most used options:\n${lines.join('')}`, ALL_OPTIONS].join('\n');
}

const ALL_OPTIONS = 'unitledger --help all lists every option, its variables and the exit codes.\n';

function otherCommands(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}\n`);
  return `Commands, each with a --help of its own:\n${lines.join('')}`;
}

function exitCodes(name: CommandName): string {
  const codes = exitCodesOf(name);
  const width = Math.max(...codes.map(({ code }) => code.length));
  const lines = codes.map(({ code, meaning }) => {
    const [first, ...more] = wrapped(meaning, width + 4).split(/(?<=\n)/);
    return `  ${code.padEnd(width)}  ${first!.trimStart()}${more.join('')}`;
  });
  return `Exit codes:\n${lines.join('')}`;
}

/** `  --service, --unit NAME` */
function headOf(option: Option): string {
  const flags = namesOf(option).map((name) => flagOf({ name }));
  if (option.many === 'request' && option.short !== undefined) flags.unshift(`-${option.short}`);
  return `  ${flags.join(', ')}${option.metavariable === '' ? '' : ` ${option.metavariable}`}`;
}

function describe(option: Option): string {
  return `${headOf(option)}\n${wrapped(option.help, INDENT)}${wrapped(facts(option).join('; '), INDENT)}`;
}

function facts(option: Option): readonly string[] {
  if (!holdsValue(option)) return [];
  const byDefault = defaultTextOf(option);
  const environment = [...variablesOf(option), ...option.standard.map(({ variable }) => variable)];
  return [
    ...(option.many === 'repeated' ? ['may be repeated'] : []),
    ...(byDefault === '' ? [] : [`default: ${byDefault}`]),
    `env: ${environment.join(', ')}`,
  ];
}
