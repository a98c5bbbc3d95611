import type { Config } from '../../config/config.ts';
import type { RunTraces } from '../../traces/run-traces.ts';
import { SpanSink } from '../../traces/span-sink.ts';
import type { CommandContext } from '../command-context.ts';
import { consoleWriter, type LogStream } from '../log.ts';
import { VERSION } from '../version.ts';
import { spoolOf, TRACES_SPOOL_SHARE } from './open-telemetry.ts';
import { hostResourceValues } from './resource-values.ts';

/**
 * Sends the spans of `traces` to the configured exporters. Throws TelemetrySetupError for unusable variables.
 * Import this module after the first sample, because OpenTelemetry takes long to load.
 */
export function openTraces(
  traces: RunTraces,
  config: Config,
  {
    clock,
    log,
    standardError,
  }: Pick<CommandContext, 'clock' | 'log'> & { readonly standardError: LogStream },
): void {
  const { exporters, timeoutSeconds } = config.traces!;
  const sink = SpanSink.open({
    exporters,
    resource: hostResourceValues(config.hostName, config.procRoot),
    delivery: {
      environment: config.otlpEnvironment,
      usesProxy: config.usesProxy,
      headersFile: config.otlpHeadersFile ?? null,
      timeoutSeconds,
      version: VERSION,
      writeConsole: consoleWriter(standardError),
      spool: spoolOf(config, TRACES_SPOOL_SHARE),
      clock,
      log,
    },
  });
  if (sink !== null) traces.open(sink);
}
