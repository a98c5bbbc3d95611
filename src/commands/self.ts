import { READ_FAILURES, type ReadFailure } from '../host/read-failure.ts';
import type { RunExitRecords } from '../ledger/run-document.ts';
import type { ReadProblems } from '../sampling/read-problems.ts';
import type { Sampler } from '../sampling/sampler.ts';
import type { SelfFigures } from '../telemetry/telemetry.ts';

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
