import type { BookedProcess } from '../accounts/booked-process.ts';
import { CPU_PERCENT, DISK_RATE, MEMORY, TRANSFER_RATE } from '../accounts/process-sketches.ts';
import type { RunProcess, RunProcessDetails } from './run-document.ts';
import { statisticOf } from './run-statistic.ts';

/** What the run document says of one process, from when the run began by the clock of the samples to when it ended. */
export function processOf(
  account: BookedProcess,
  {
    startedAtSeconds,
    endedUnixMillis,
  }: { readonly startedAtSeconds: number; readonly endedUnixMillis: number },
): RunProcess {
  const { identity } = account;
  const statistic = (kind: number) => statisticOf(account.spread(kind), startedAtSeconds);
  return {
    pid: identity.pid,
    name: account.name,
    ppid: account.ppid,
    startedAt: new Date(identity.startedUnixMillis).toISOString(),
    endedAt: account.endedUnixMillis === null ? null : new Date(account.endedUnixMillis).toISOString(),
    exitCode: account.exitCode,
    command: identity.command,
    subCgroup: identity.subCgroup === '' ? null : identity.subCgroup,
    samples: account.samples,
    cpuPercent: statistic(CPU_PERCENT),
    memoryBytes: statistic(MEMORY),
    diskBytesPerSecond: statistic(DISK_RATE),
    transferBytesPerSecond: statistic(TRANSFER_RATE),
    cpuSeconds: account.cpuSeconds,
    reapedCpuSeconds: account.reapedCpuSeconds,
    diskBytes: account.diskBytes,
    transferBytes: account.transferBytes,
    cancelledWriteBytes: account.cancelledWriteBytes,
    details: detailsOf(account, endedUnixMillis),
  };
}

function detailsOf(account: BookedProcess, endedUnixMillis: number): RunProcessDetails | null {
  const { details } = account;
  if (details === null) return null;
  return {
    ...details.now(account.endedUnixMillis ?? endedUnixMillis),
    peakThreads: details.peak('threads'),
    peakOpenDescriptors: details.peak('descriptors'),
    peakPssBytes: details.peak('pssBytes'),
  };
}
