import type { RecordingHead } from '../../recording/head.ts';
import type { ResourceValues } from '../../telemetry/resource.ts';

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
