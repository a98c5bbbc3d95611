import { defaultTextOf, flagOf, GROUPS, namesOf, type Option, variablesOf } from './option.ts';
import { OPTIONS, UNBUILT_COMMANDS } from './options.ts';

/** Terminals are at least this wide. */
const COLUMNS = 80;
const INDENT = 6;

const INTRODUCTION = `unitledger: what every process of a systemd unit uses, over time.

Usage: unitledger [track] [OPTION]... [-- COMMAND [ARG]...]

It samples the CPU, memory and I/O of every process in the units, cgroups and
process trees that you name, or of a command that it runs for you. It sends them
as OpenTelemetry metrics and ends with a summary on standard output.

Examples:
  unitledger --service nginx --duration 30
      nginx.service for 30 seconds; metrics go to http://localhost:4318
  unitledger --export none -- make -j4
      run a command and print what each of its processes used
  unitledger --unit postgresql@16-main --unit nginx --interval 250ms
      two units, four samples a second, until Ctrl-C
  unitledger --pid 4711 --duration 1m --summary json > run.json
      a process with its descendants; the summary as JSON
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 unitledger --config ul.yaml
      options from a file, metrics to a collector elsewhere
`;

const ENDING = `A TIME is a number of seconds, or has a unit: 500ms, 2s, 1m, 1h. A flag beats
its environment variable, that beats the file (the same names, such as
"export-interval: 5s"), that beats the default. OTEL_* variables count after
UNITLEDGER_* ones.

Exit codes:
  0  data was collected (with a COMMAND: the exit code of the command)
  1  no matching process was seen
  2  bad input; the message names the option and what it accepts
`;

/** What `--help` prints: at most 80 columns, made from the list of options. Ends with a newline. */
export function helpText(): string {
  const groups = GROUPS.map((group) => {
    const options = (OPTIONS as readonly Option[]).filter((option) => option.group === group && option.built);
    return `${group}:\n${options.map(describe).join('')}`;
  });
  return `${INTRODUCTION}\n${groups.join('\n')}\n${wrap(notBuiltYet(), 0)}\n${ENDING}`;
}

function describe(option: Option): string {
  const flags = namesOf(option).map((name) => flagOf({ name }));
  if (option.built && option.many === 'request' && option.short !== undefined)
    flags.unshift(`-${option.short}`);
  const head = `  ${flags.join(', ')}${option.metavariable === '' ? '' : ` ${option.metavariable}`}`;
  return `${head}\n${wrap(option.help, INDENT)}${wrap(facts(option).join('; '), INDENT)}`;
}

function facts(option: Option): readonly string[] {
  if (!option.built || option.many === 'request') return [];
  const byDefault = defaultTextOf(option);
  const environment = [...variablesOf(option), ...option.standard.map(({ variable }) => variable)];
  return [
    ...(option.many === 'repeated' ? ['may be repeated'] : []),
    ...(byDefault === '' ? [] : [`default: ${byDefault}`]),
    `env: ${environment.join(', ')}`,
  ];
}

function notBuiltYet(): string {
  const flags = (OPTIONS as readonly Option[]).filter((option) => !option.built).map(flagOf);
  return `Not built yet, and refused: ${flags.join(', ')}; the commands ${UNBUILT_COMMANDS.join(', ')}.`;
}

/** `text` in lines of at most 80 columns, each behind `indent` spaces; nothing for an empty one. */
function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(' '.repeat(indent) + word);
  }
  return lines.map((line) => `${line}\n`).join('');
}
