import { randomUUID } from 'node:crypto';
import { hostname, release } from 'node:os';
import type { ResourceValues } from '../telemetry/resource.ts';
import { VERSION } from './version.ts';

/** One run is one process: whoever speaks of it says the same. */
const INSTANCE_ID = randomUUID();

/** Who exports: this program, on this host, in this run. */
export function resourceValues(): ResourceValues {
  return { version: VERSION, hostName: hostname(), osVersion: release(), instanceId: INSTANCE_ID };
}
