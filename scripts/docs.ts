/**
 * Rewrites the generated parts of the documents: what stands between `<!-- generated:MARKER -->` and the next
 * `<!-- /generated -->` (in YAML, between comments of the same words), and whole files that are made from what they say
 * already. With `--check` nothing is written, and a part that is out of date is a failure.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_NAMES, METRICS } from '../src/comparison/metrics.ts';
import { COMMAND_NAMES, MAIN_COMMAND } from '../src/config/command-name.ts';
import { PROMETHEUS_VARIABLES } from '../src/config/commands/track.ts';
import { exitCodesOf } from '../src/config/exit-codes.ts';
import {
  defaultTextOf,
  flagOf,
  holdsValue,
  namesOf,
  type Option,
  variablesOf,
} from '../src/config/option.ts';
import { OPTIONS } from '../src/config/options.ts';
import { OTLP_VARIABLES, type OtlpVariable, variablesOfSignals } from '../src/config/otlp-variables.ts';
import { TRACES_VARIABLES } from '../src/config/traces-variables.ts';
import { SERIES_COLUMNS } from '../src/views/series/series-columns.ts';
import { DATADOG_DASHBOARDS } from './boards/datadog.ts';
import { HONEYCOMB_BOARDS } from './boards/honeycomb.ts';
import { optionRows, optionValues, valueRows, withOptionSchema } from './chart.ts';
import { DASHBOARDS } from './dashboard/dashboards.ts';
import { metricTable } from './metric-table.ts';

export interface GeneratedPart {
  /** Path of the document below the project's root. */
  readonly file: string;
  readonly marker: string;
  /** Markdown, without a newline at either end. */
  readonly generate: () => string;
}

/** A file of which more is generated than stands between two markers. */
export interface GeneratedFile {
  readonly file: string;
  /** Its text as it should be. */
  readonly rewrite: (text: string) => string;
}

const ROOT = join(import.meta.dirname, '..');

const PARTS: readonly (GeneratedPart | GeneratedFile)[] = [
  { file: 'docs/configuration.md', marker: 'options', generate: optionTable },
  { file: 'docs/configuration.md', marker: 'otel-variables', generate: standardVariableTable },
  { file: 'docs/exit-codes.md', marker: 'exit-codes', generate: exitCodeTable },
  { file: 'docs/metrics.md', marker: 'metrics', generate: metricTable },
  { file: 'docs/recording.md', marker: 'series-columns', generate: seriesColumnTable },
  { file: 'docs/compare.md', marker: 'metrics', generate: comparedMetricTable },
  { file: 'helm/values.yaml', marker: 'options', generate: optionValues },
  { file: 'helm/values.schema.json', rewrite: withOptionSchema },
  { file: 'helm/README.md', marker: 'values', generate: () => valueTable(valueRows(ROOT)) },
  { file: 'helm/README.md', marker: 'options', generate: () => valueTable(optionRows()) },
  ...Object.entries(DASHBOARDS).map(([name, dashboard]) => ({
    file: `helm/dashboards/${name}.json`,
    rewrite: () => `${JSON.stringify(dashboard(), null, 2)}\n`,
  })),
  ...Object.entries(DATADOG_DASHBOARDS).map(([name, dashboard]) => ({
    file: `deploy/datadog/${name}.json`,
    rewrite: () => `${JSON.stringify(dashboard(), null, 2)}\n`,
  })),
  ...Object.entries(HONEYCOMB_BOARDS).map(([name, board]) => ({
    file: `deploy/honeycomb/${name}.json`,
    rewrite: () => `${JSON.stringify(board(), null, 2)}\n`,
  })),
];

if (import.meta.main) {
  const check = process.argv.includes('--check');
  const problems = refresh(ROOT, PARTS, check);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** Brings `parts` of the documents below `root` up to date, or only looks; returns what is wrong, a sentence each. */
export function refresh(
  root: string,
  parts: readonly (GeneratedPart | GeneratedFile)[],
  check: boolean,
): readonly string[] {
  return parts.flatMap((part) => {
    const { file } = part;
    const path = join(root, file);
    const what = 'marker' in part ? `generated:${part.marker}` : 'what is generated';
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      return [`${file} cannot be read (${(error as NodeJS.ErrnoException).code}): it holds ${what}`];
    }
    const fresh = 'marker' in part ? withPart(text, part) : part.rewrite(text);
    if (fresh === undefined) return [`${file} lacks ${markersOf(part as GeneratedPart).join(' … ')}`];
    if (fresh === text) return [];
    if (check) return [`${file} is out of date at ${what}: run \`npm run docs\``];
    writeFileSync(path, fresh);
    return [];
  });
}

/** The text with a part of it made anew; undefined where it has no place for it. */
function withPart(text: string, part: GeneratedPart): string | undefined {
  const [start, end] = markersOf(part);
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) return undefined;
  return `${text.slice(0, from + start.length)}\n\n${part.generate()}\n\n${text.slice(to)}`;
}

function markersOf({ file, marker }: GeneratedPart): readonly [string, string] {
  return file.endsWith('.yaml')
    ? [`  # generated:${marker}`, '  # /generated']
    : [`<!-- generated:${marker} -->`, '<!-- /generated -->'];
}

/** A Markdown table; cells are Markdown already, but for their bars. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function exitCodeTable(): string {
  const rows = COMMAND_NAMES.flatMap((name) =>
    exitCodesOf(name).map(({ code, meaning }) => [`unitledger ${name}`, code, meaning]),
  );
  return table(['command', 'exit code', 'meaning'], rows);
}

function valueTable(rows: readonly (readonly string[])[]): string {
  return table(['Value', 'Default', 'Meaning'], rows);
}

function optionTable(): string {
  const rows = (OPTIONS as readonly Option[]).map((option) => {
    const flags = namesOf(option).map((name) => code(`${flagOf({ name })} ${option.metavariable}`.trim()));
    const owners = option.commands === 'all' || option.commands.includes(MAIN_COMMAND) ? [] : option.commands;
    const only = owners.length === 0 ? '' : ` Only for ${owners.map((name) => code(name)).join(' and ')}.`;
    if (!holdsValue(option)) {
      const short = option.short === undefined ? [] : [code(`-${option.short}`)];
      return [[...short, ...flags].join(', '), '', '', option.help];
    }
    const repeated = option.many === 'once' ? '' : ' May be given several times.';
    return [
      flags.join(', '),
      variablesOf(option).map(code).join(', '),
      option.defaultText ?? codeUnlessEmpty(defaultTextOf(option)),
      `${option.help}${repeated}${only}`,
    ];
  });
  return table(['Flag', 'Environment', 'Default', 'Meaning'], rows);
}

function comparedMetricTable(): string {
  const counted = {
    percent: '% of one core',
    seconds: 's',
    bytes: 'bytes',
    bytesPerSecond: 'bytes/s',
    count: '',
    countPerSecond: '1/s',
  } as const;
  const rows = METRIC_NAMES.map((name) => {
    const { kind, dimension, ofName, meaning } = METRICS[name];
    return [code(name), kind, counted[dimension], ofName === null ? 'units' : 'units, names', meaning];
  });
  return table(['Metric', 'Kind', 'Counted in', 'Of', 'Meaning'], rows);
}

function standardVariableTable(): string {
  const ofOptions = (OPTIONS as readonly Option[]).flatMap((option) =>
    holdsValue(option)
      ? option.standard.map(({ variable, format }) => [
          code(variable),
          `Sets ${code(flagOf(option))}.`,
          format.accepted,
        ])
      : [],
  );
  const others: OtlpVariable<unknown>[] = [
    ...Object.values(OTLP_VARIABLES),
    ...Object.values(TRACES_VARIABLES),
    ...Object.values(PROMETHEUS_VARIABLES),
  ];
  const ofOthers = others.map((about) => [
    variablesOfSignals(about).map(code).join(', '),
    about.help,
    about.format?.accepted ?? about.accepted ?? '',
  ]);
  return table(['Variable', 'Meaning', 'Accepted'], [...ofOptions, ...ofOthers]);
}

function code(text: string): string {
  return `\`${text}\``;
}

function codeUnlessEmpty(text: string): string {
  return text === '' ? '' : code(text);
}

function seriesColumnTable(): string {
  const rows = Object.entries(SERIES_COLUMNS).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
  return ['| column | content |', '| --- | --- |', ...rows].join('\n');
}
