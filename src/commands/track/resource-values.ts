import { randomUUID } from 'node:crypto';
import { hostname, release } from 'node:os';
import { readMachineId } from '../../host/machine-id.ts';
import type { ResourceValues } from '../../telemetry/resource.ts';
import { VERSION } from '../version.ts';

/** One run is one process: every exporter uses the same values. */
export const RUN_ID = randomUUID();

/**
 * The exporting instance: this program on this host, or under the configured name. The instance ID is the
 * host, so that a restart makes no new series.
 */
export function resourceValues(hostName = hostname()): ResourceValues {
  return { version: VERSION, hostName, osVersion: release(), instanceId: hostName };
}

/** `host.name` as the metrics have it: `OTEL_RESOURCE_ATTRIBUTES` may name the host, as a pod does with its node. */
export async function exportedHostName(
  hostName: string | undefined,
  { OTEL_RESOURCE_ATTRIBUTES }: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const values = resourceValues(hostName);
  if (OTEL_RESOURCE_ATTRIBUTES === undefined) return values.hostName;
  // Loading OpenTelemetry would delay the first sample.
  const { telemetryResource } = await import('../../telemetry/resource.ts');
  return String(telemetryResource(values).attributes['host.name']);
}

/** The same, with the machine ID of the host in `procRoot`, if known. */
export function hostResourceValues(hostName: string | undefined, procRoot: string): ResourceValues {
  const hostId = readMachineId(procRoot);
  return { ...resourceValues(hostName), ...(hostId !== null && { hostId }) };
}
