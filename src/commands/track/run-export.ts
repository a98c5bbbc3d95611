import type { Config } from '../../config/config.ts';
import type { RunExport } from '../../ledger/document/run-document.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

/** Whether windows are sent anywhere. Prometheus comes for them: nobody can say what became of those. */
export function areSent({ exporters }: Pick<Config, 'exporters'>): boolean {
  return exporters.some((name) => name !== 'prometheus');
}

/** What became of the windows; null where none are sent, and before telemetry is there. */
export function runExport(
  config: Pick<Config, 'exporters'>,
  telemetry: Pick<Telemetry, 'counts'> | undefined,
): RunExport | null {
  if (telemetry === undefined || !areSent(config)) return null;
  const { delivered, failed, spooled } = telemetry.counts;
  return { delivered, failed, spooled };
}
