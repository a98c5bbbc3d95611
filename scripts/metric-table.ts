import { LEVEL_ATTRIBUTES } from '../src/telemetry/attributes.ts';
import { isOnByDefault, LEVELS, type Level, type Metric } from '../src/telemetry/catalogue/metric.ts';
import { attributeKeys, CATALOGUE } from '../src/telemetry/catalogue.ts';

const OF_LEVEL: Readonly<Record<Level, string>> = {
  unit: 'Units',
  disk: 'Block devices that a unit uses',
  executable: 'Executable names: all processes of one name in a unit',
  process:
    'Processes: the heaviest of a unit; all others share one series without a PID, with `process.executable.name` = `other`',
  sample: 'Distributions of all samples of all processes of a unit',
  self: 'unitledger itself',
};

/** The metrics for docs/metrics.md, in Markdown: a table for each level, without a newline at either end. */
export function metricTable(): string {
  return LEVELS.map((level) =>
    [`**${OF_LEVEL[level]}**${attributesOfLevel(level)}`, '', ...tableOf(level)].join('\n'),
  ).join('\n\n');
}

function attributesOfLevel(level: Level): string {
  const keys = LEVEL_ATTRIBUTES[level].map(code).join(', ');
  if (keys === '') return '';
  const title = '`process.title` with `--process-names title`';
  const more =
    level === 'process'
      ? `; if known and selected by \`--process-attributes\`: \`unitledger.cgroup.path\` (in a cgroup below the unit's own), \`container.id\`, \`k8s.pod.uid\`, \`process.command_line\`, \`process.parent_pid\`; ${title}`
      : level === 'executable'
        ? `; ${title}`
        : '';
  return ` (${keys}${more})`;
}

function tableOf(level: Level): string[] {
  return [
    '| Metric | Instrument | Unit | Further attributes | Meaning | From |',
    '| --- | --- | --- | --- | --- | --- |',
    ...CATALOGUE.filter((metric) => metric.level === level).map(
      (metric) => `| ${cellsOf(metric).join(' | ')} |`,
    ),
  ];
}

function cellsOf(metric: Metric): string[] {
  const own = attributeKeys(metric).slice(LEVEL_ATTRIBUTES[metric.level].length);
  const attributes = own.map((key) => `${code(key)} = ${valuesOf(metric, key)}`);
  return [
    code(metric.name),
    metric.instrument,
    code(metric.unit),
    attributes.join(', '),
    isOnByDefault(metric) ? metric.description : `${metric.description} ${switchOf(metric)}`,
    metric.source,
  ];
}

/** What it takes to have a metric that is off by default. */
function switchOf(metric: Metric): string {
  return 'detail' in metric ? `With ${code(`--process-details ${metric.detail}`)}.` : 'Off by default.';
}

function valuesOf(metric: Metric, key: string): string {
  const series = 'series' in metric ? metric.series : [];
  return [...new Set(series.map(({ attributes }) => String(attributes[key])))].join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}
