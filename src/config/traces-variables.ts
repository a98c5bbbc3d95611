import { TRACES_EXPORTERS, type TracesSettings } from './config.ts';
import { MILLISECONDS } from './duration.ts';
import { type Environment, separate, sharedVariable, variable } from './environment.ts';
import { choice } from './format.ts';
import { ignored, mixesNone, NONE_ALONE } from './given.ts';
import type { OtlpVariable } from './otlp-variables.ts';

/** Standard variables of traces without a counterpart for metrics. */
export const TRACES_VARIABLES = {
  exporter: {
    variables: ['OTEL_TRACES_EXPORTER'],
    help: 'Exporters of spans with `--traces`: `otlp` (default), `console` or `none`, comma-separated.',
    format: choice(TRACES_EXPORTERS, { synonyms: { logging: 'console' } }),
  },
  timeout: {
    variables: ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'],
    help: 'Replaces `--export-timeout` for spans.',
    format: MILLISECONDS,
  },
} as const satisfies Readonly<Record<string, OtlpVariable<unknown>>>;

/**
 * Reads the variables of traces; undefined without `--traces`. Other programs share these variables, so invalid ones
 * are ignored with a warning.
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
  const { timeout } = TRACES_VARIABLES;
  const isDisabled = variable(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true';
  return {
    exporters: isDisabled ? [] : exportersIn(env, warnings),
    timeoutSeconds:
      sharedVariable(env, timeout.variables[0], timeout.format, warnings) ?? settings['export-timeout'],
    mostSpans: settings['trace-spans'],
  };
}

function exportersIn(env: Environment, warnings: string[]): TracesSettings['exporters'] {
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
  if (mixesNone(read)) warnings.push(ignored(name, text, { kind: 'must', must: NONE_ALONE }));
  if (read.length === 0 || mixesNone(read)) return ['otlp'];
  return [...new Set(read)].filter((each) => each !== 'none');
}
