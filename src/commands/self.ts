import { randomUUID } from 'node:crypto';
import { hostname, release } from 'node:os';
import { READ_FAILURES, type ReadFailure } from '../host/read-failure.ts';
import type { RunExitRecords } from '../ledger/run-document.ts';
import type { ReadProblems } from '../sampling/read-problems.ts';
import type { Sampler } from '../sampling/sampler.ts';
import type { ResourceValues } from '../telemetry/resource.ts';
import type { SelfFigures } from '../telemetry/telemetry.ts';
import { VERSION } from './version.ts';

/** Who exports: this program, on this host, in this run. */
export function resourceValues(): ResourceValues {
  return { version: VERSION, hostName: hostname(), osVersion: release(), instanceId: randomUUID() };
}

/** The program's own figures now. */
export function selfFiguresOf(
  missedTicks: number,
  problems: ReadProblems,
  sampler: Sampler,
  exitRecords: RunExitRecords | null,
): SelfFigures {
  const { user, system } = process.cpuUsage();
  const readFailures = Object.fromEntries(
    READ_FAILURES.map((failure) => [failure, problems.countOf(failure)]),
  ) as Record<ReadFailure, number>;
  return {
    missedTicks,
    readFailures,
    trackedProcesses: sampler.trackedProcesses,
    exitRecords,
    userCpuSeconds: user / 1e6,
    systemCpuSeconds: system / 1e6,
    memoryBytes: process.memoryUsage.rss(),
  };
}
