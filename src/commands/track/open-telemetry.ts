import type { Config } from '../../config/config.ts';
import { detailMetricNames } from '../../telemetry/catalogue/process-details.ts';
import type { SpoolWish } from '../../telemetry/export/open-delivery.ts';
import { type SelfFigures, startTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';
import type { CommandContext } from '../command-context.ts';
import { consoleWriter, type LogStream } from '../log.ts';
import { hostResourceValues } from './resource-values.ts';

/**
 * Opens telemetry as configured. Throws TelemetrySetupError for unusable variables. Import this module
 * after the first sample: OpenTelemetry takes as long to load as everything else.
 */
export function openTelemetry(
  config: Config,
  {
    clock,
    log,
    standardError,
  }: Pick<CommandContext, 'clock' | 'log'> & { readonly standardError: LogStream },
  selfFigures: () => SelfFigures,
  startedUnixMillis: number,
): Telemetry {
  return startTelemetry({
    exporters: config.exporters,
    keepsWindow: config.listen !== undefined,
    resource: hostResourceValues(config.hostName, config.procRoot),
    processAttributes: config.processAttributes,
    exportTimeoutSeconds: config.exportTimeoutSeconds,
    spool: spoolOf(config, config.traces === undefined ? 1 : 1 - TRACES_SPOOL_SHARE),
    clock,
    selfFigures,
    startedUnixMillis,
    log,
    writeConsole: consoleWriter(standardError),
    environment: config.otlpEnvironment,
    usesProxy: config.usesProxy,
    ...(config.otlpHeadersFile !== undefined && { headersFile: config.otlpHeadersFile }),
    temporality: config.temporality,
    histogramAggregation: config.histogramAggregation,
    alsoOn: [...detailMetricNames(new Set(config.processDetails)), ...config.optionalMetrics],
    seriesBudget: config.seriesBudget,
    ofProcesses: config.processSeries > 0,
  });
}

/** The buffer of a signal, with its share of the size. */
export function spoolOf(config: Config, share: number): SpoolWish {
  return {
    directory: config.spoolDirectory,
    isTemporary: config.spoolLifetime === 'pod',
    bytes: Math.floor(config.spoolBytes * share),
    ageSeconds: config.spoolAgeSeconds,
  };
}

/** The share of the spool's room that spans have where there are traces: metrics have the rest. */
export const TRACES_SPOOL_SHARE = 1 / 4;
