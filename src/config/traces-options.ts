import { MILLISECONDS } from './duration.ts';
import { type Environment, separate, variable } from './environment.ts';
import { choice, SWITCH, wholeNumber } from './format.ts';
import { ignored } from './given.ts';
import { type Option, single } from './option.ts';
import type { OtlpVariable } from './otlp-variables.ts';

/** Whether a run is a trace, and of how many spans. */
export const TRACES_OPTIONS = [
  single({
    name: 'traces',
    brief: 'Send every process as a span, by OTLP',
    format: SWITCH,
    default: false,
    group: 'Export',
    help: 'Send every process as a span of a trace, by OTLP (docs/traces.md).',
  }),
  single({
    name: 'trace-spans',
    metavariable: 'N',
    format: wholeNumber(10, 1_000_000),
    default: 10_000,
    group: 'Export',
    help: 'Spans a minute, and of a COMMAND in all; beyond, siblings fold by name.',
  }),
] as const satisfies readonly Option[];

/** What `OTEL_TRACES_EXPORTER` accepts. */
const TRACES_EXPORTERS = ['otlp', 'console', 'none'] as const;
export type TracesExporter = Exclude<(typeof TRACES_EXPORTERS)[number], 'none'>;

/** Standard variables of traces that have none for metrics beside them. */
export const TRACES_VARIABLES = {
  exporter: {
    variables: ['OTEL_TRACES_EXPORTER'],
    help: 'Where spans go with `--traces`: `otlp` (default), `console` or `none`, several with a comma between them.',
    format: choice(TRACES_EXPORTERS, { synonyms: { logging: 'console' } }),
  },
  timeout: {
    variables: ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'],
    help: 'Stands for `--export-timeout` for spans.',
    format: MILLISECONDS,
  },
} as const satisfies Readonly<Record<string, OtlpVariable<unknown>>>;

/** How spans are sent. */
export interface TracesSettings {
  /** Each once; none: no spans are made. */
  readonly exporters: readonly TracesExporter[];
  /** Total seconds that one try of one request may take. */
  readonly timeoutSeconds: number;
  /** Spans a minute, and of a command in all. */
  readonly mostSpans: number;
}

/**
 * Reads the variables of traces, where `--traces` is set; undefined without it. Other programs share these variables, so
 * one that cannot be used is ignored with a warning.
 */
export function readTraces(
  settings: {
    readonly traces: boolean;
    readonly 'trace-spans': number;
    readonly 'export-timeout': number;
  },
  env: Environment,
  warnings: string[],
): TracesSettings | undefined {
  if (!settings.traces) return undefined;
  const isDisabled = variable(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true';
  return {
    exporters: isDisabled ? [] : exportersIn(env, warnings),
    timeoutSeconds: timeoutIn(env, warnings) ?? settings['export-timeout'],
    mostSpans: settings['trace-spans'],
  };
}

function exportersIn(env: Environment, warnings: string[]): readonly TracesExporter[] {
  const { variables, format } = TRACES_VARIABLES.exporter;
  const [name] = variables;
  const text = variable(env, name);
  if (text === undefined) return ['otlp'];
  const read = separate(text).flatMap((each) => {
    const reading = format.read(each);
    if (reading.kind === 'value') return [reading.value];
    if (reading.kind !== 'unset') warnings.push(ignored(name, each, reading));
    return [];
  });
  if (read.length === 0) return ['otlp'];
  return [...new Set(read)].filter((each) => each !== 'none');
}

function timeoutIn(env: Environment, warnings: string[]): number | undefined {
  const { variables, format } = TRACES_VARIABLES.timeout;
  const [name] = variables;
  const text = variable(env, name);
  if (text === undefined) return undefined;
  const reading = format.read(text);
  if (reading.kind === 'value') return reading.value;
  if (reading.kind !== 'unset') warnings.push(ignored(name, text, reading));
  return undefined;
}
