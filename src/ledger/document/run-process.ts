import type { BookedProcess } from '../accounts/booked-process.ts';
import { CPU_PERCENT, DISK_RATE, MEMORY, TRANSFER_RATE } from '../accounts/process-sketches.ts';
import type { RunProcess, RunProcessDetails } from './run-document.ts';
import { statisticOf } from './run-statistic.ts';
import { endOf, isoTimeOf, type RunTimes } from './run-times.ts';

/** What the run document says of one process. */
export function processOf(account: BookedProcess, run: RunTimes): RunProcess {
  const { identity } = account;
  const statistic = (kind: number) => statisticOf(account.spread(kind), run);
  return {
    pid: identity.pid,
    name: account.name,
    ppid: account.ppid,
    startedAt: new Date(identity.startedUnixMillis).toISOString(),
    endedAt: account.endedAtSeconds === null ? null : isoTimeOf(account.endedAtSeconds, run),
    livedSeconds: Math.max(0, (account.endedAtSeconds ?? endOf(run)) - identity.bornAtSeconds),
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
    details: detailsOf(account, run),
  };
}

function detailsOf(account: BookedProcess, run: RunTimes): RunProcessDetails | null {
  const { details } = account;
  if (details === null) return null;
  return {
    ...details.now(account.endedAtSeconds ?? endOf(run)),
    peakThreads: details.peak('threads'),
    peakOpenDescriptors: details.peak('descriptors'),
    peakPssBytes: details.peak('pssBytes'),
  };
}
