import type { Config } from '../../config/config.ts';
import type { RunExport } from '../../ledger/document/run-document.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

/** Whether windows are pushed. For scraped windows the outcome is unknown. */
export function areSent({ exporters }: Pick<Config, 'exporters'>): boolean {
  return exporters.some((name) => name !== 'prometheus');
}

/** Outcome of the windows; null if none are pushed, and before telemetry is open. */
export function runExport(
  config: Pick<Config, 'exporters'>,
  telemetry: Pick<Telemetry, 'counts'> | undefined,
): RunExport | null {
  if (telemetry === undefined || !areSent(config)) return null;
  const { delivered, failed, spooled } = telemetry.counts;
  return { delivered, failed, spooled };
}
