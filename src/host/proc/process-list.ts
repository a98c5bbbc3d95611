import { readdirSync } from 'node:fs';
import { type ReadFailure, readFailureOf } from '../read-failure.ts';
import type { PidSink } from './pid-sink.ts';

const NINE = 0x39;

/**
 * Adds the PIDs of all processes under `procRoot` to `sink`, each once, lowest first on a real `/proc` (proc(5)). With
 * `hidepid` those of other users are missing.
 */
export function listProcesses(procRoot: string, sink: PidSink): 'listed' | ReadFailure {
  let names: string[];
  try {
    names = readdirSync(procRoot);
  } catch (error) {
    return readFailureOf(error);
  }
  for (const name of names) {
    // Only PIDs begin with a digit.
    if (name.charCodeAt(0) > NINE) continue;
    const pid = Number(name);
    if (Number.isInteger(pid) && pid > 0) sink.push(pid);
  }
  return 'listed';
}
