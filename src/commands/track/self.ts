import { READ_FAILURES, type ReadFailure } from '../../host/read-failure.ts';
import type { ReadProblems } from '../../sampling/read-problems.ts';
import type { SampleScheduler } from '../../sampling/sample-scheduler.ts';
import type { Sampler } from '../../sampling/sampler.ts';
import type { SelfFigures } from '../../telemetry/telemetry.ts';
import type { KernelEvents } from './kernel-events.ts';

/** Current metrics of the program itself. */
export function selfFiguresOf(
  { missed, throttled, intervalSeconds }: SampleScheduler,
  problems: ReadProblems,
  sampler: Sampler,
  kernelEvents: KernelEvents,
  hasCpuBudget: boolean,
): SelfFigures {
  const { user, system } = process.cpuUsage();
  const readFailures = Object.fromEntries(
    READ_FAILURES.map((failure) => [failure, problems.countOf(failure)]),
  ) as Record<ReadFailure, number>;
  return {
    missedTicks: missed,
    throttledTicks: hasCpuBudget ? throttled : null,
    sampleIntervalSeconds: intervalSeconds,
    readFailures,
    trackedProcesses: sampler.trackedProcesses,
    exitRecords: kernelEvents.recordCounts,
    processEvents: kernelEvents.eventCounts,
    userCpuSeconds: user / 1e6,
    systemCpuSeconds: system / 1e6,
    memoryBytes: process.memoryUsage.rss(),
  };
}
