import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../host/clock.ts';
import type { RecordingHead } from '../../recording/head.ts';
import type { DeliveryCounts } from '../../telemetry/export/delivery.ts';
import type { ResourceValues } from '../../telemetry/resource.ts';

/** Requests that may wait for the collector; reading of the recording pauses until then. */
export const MOST_WAITING = 4;
/** A collector that takes nothing for so long is given up. */
const PATIENCE_SECONDS = 60;
const LOOK_EVERY_MILLIS = 5;

/** A recording is read no faster than what it exports is taken: nothing has to be dropped. */
export const REPLAY_SPOOL = {
  directory: undefined,
  bytes: 64 * 1024 * 1024,
  ageSeconds: Number.POSITIVE_INFINITY,
} as const;

/** Resolves when no more than `most` requests wait; false: the collector took nothing for too long. */
export async function fewWait(
  counts: () => Pick<DeliveryCounts, 'delivered' | 'failed' | 'spooled'>,
  most: number,
  clock: Clock,
): Promise<boolean> {
  let settled = -1;
  let since = clock.monotonicSeconds();
  while (counts().spooled > most) {
    const { delivered, failed } = counts();
    if (delivered + failed !== settled) since = clock.monotonicSeconds();
    settled = delivered + failed;
    if (clock.monotonicSeconds() - since > PATIENCE_SECONDS) return false;
    await sleep(LOOK_EVERY_MILLIS);
  }
  return true;
}

/** Who exported: the run of the recording, on its host. */
export function recordedResource({ program, hostName, hostId, osVersion }: RecordingHead): ResourceValues {
  return {
    version: program,
    hostName,
    instanceId: hostName,
    ...(hostId === null ? {} : { hostId }),
    ...(osVersion === null ? {} : { osVersion }),
  };
}
