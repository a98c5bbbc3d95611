import { orNull } from '../../host/nullable.ts';
import type { BookedProcess } from '../accounts/booked-process.ts';
import { CPU_PERCENT, DISK_RATE, MEMORY, TRANSFER_RATE } from '../accounts/process-sketches.ts';
import type { SummaryStats } from '../accounts/summary-stats.ts';
import type { RunProcess, RunProcessDetails, RunStatistic } from './run-document.ts';
import { statisticOf } from './run-statistic.ts';
import { endOf, isoTimeOf, type RunTimes } from './run-times.ts';

/**
 * The run document's row of one process. Values are read from the account on access, because a run has thousands of
 * rows and most outputs need few values of most of them. Valid until the next sample is booked.
 */
export function processOf(account: BookedProcess, run: RunTimes): RunProcess {
  return new AccountRow(account, run);
}

/** A row with all values as own properties, in the order of the JSON document. */
export function wholeRowOf(row: RunProcess): RunProcess {
  return row instanceof AccountRow ? row.toJSON() : row;
}

/**
 * The highest known RSS of a process in bytes; null if unknown. An exit record may have a higher one than all samples; a
 * row that was read from a document has only the samples.
 */
export function peakMemoryOf(row: RunProcess): number | null {
  return row instanceof AccountRow ? row.peakMemoryBytes : (row.memoryBytes?.max ?? null);
}

class AccountRow implements RunProcess {
  readonly #account: BookedProcess;
  readonly #run: RunTimes;

  constructor(account: BookedProcess, run: RunTimes) {
    this.#account = account;
    this.#run = run;
  }

  get pid(): number {
    return this.#account.identity.pid;
  }

  get name(): string {
    return this.#account.name;
  }

  get ppid(): number {
    return this.#account.ppid;
  }

  get startedAt(): string {
    return new Date(this.#account.identity.startedUnixMillis).toISOString();
  }

  get endedAt(): string | null {
    const { endedAtSeconds } = this.#account;
    return endedAtSeconds === null ? null : isoTimeOf(endedAtSeconds, this.#run);
  }

  get livedSeconds(): number {
    return Math.max(0, this.#endSeconds - this.#account.bornAtSeconds);
  }

  get exitCode(): number | null {
    return this.#account.exitCode;
  }

  get command(): string | null {
    return this.#account.identity.command;
  }

  get subCgroup(): string | null {
    const { subCgroup } = this.#account.identity;
    return subCgroup === '' ? null : subCgroup;
  }

  get samples(): number {
    return this.#account.samples;
  }

  get cpuPercent(): RunStatistic | null {
    return this.#statistic(CPU_PERCENT);
  }

  get memoryBytes(): RunStatistic | null {
    return this.#statistic(MEMORY);
  }

  get diskBytesPerSecond(): RunStatistic | null {
    return this.#statistic(DISK_RATE);
  }

  get transferBytesPerSecond(): RunStatistic | null {
    return this.#statistic(TRANSFER_RATE);
  }

  get cpuSeconds(): number {
    return this.#account.cpuSeconds;
  }

  get reapedCpuSeconds(): number {
    return this.#account.reapedCpuSeconds;
  }

  get diskBytes(): number | null {
    return this.#account.diskBytes;
  }

  get transferBytes(): number | null {
    return this.#account.transferBytes;
  }

  get cancelledWriteBytes(): number | null {
    return this.#account.cancelledWriteBytes;
  }

  /** Not in the document. */
  get peakMemoryBytes(): number | null {
    return orNull(this.#account.peakMemoryBytes);
  }

  get details(): RunProcessDetails | null {
    const { details } = this.#account;
    if (details === null) return null;
    return {
      ...details.now(this.#endSeconds),
      peakThreads: details.peak('threads'),
      peakOpenDescriptors: details.peak('descriptors'),
      peakPssBytes: details.peak('pssBytes'),
    };
  }

  toJSON(): RunProcess {
    return {
      pid: this.pid,
      name: this.name,
      ppid: this.ppid,
      startedAt: this.startedAt,
      endedAt: this.endedAt,
      livedSeconds: this.livedSeconds,
      exitCode: this.exitCode,
      command: this.command,
      subCgroup: this.subCgroup,
      samples: this.samples,
      cpuPercent: this.cpuPercent,
      memoryBytes: this.memoryBytes,
      diskBytesPerSecond: this.diskBytesPerSecond,
      transferBytesPerSecond: this.transferBytesPerSecond,
      cpuSeconds: this.cpuSeconds,
      reapedCpuSeconds: this.reapedCpuSeconds,
      diskBytes: this.diskBytes,
      transferBytes: this.transferBytes,
      cancelledWriteBytes: this.cancelledWriteBytes,
      details: this.details,
    };
  }

  /** End of the process, or of the run. */
  get #endSeconds(): number {
    return this.#account.endedAtSeconds ?? endOf(this.#run);
  }

  #statistic(kind: number): RunStatistic | null {
    const stats = this.#account.stats(kind);
    return stats && new LazyStatistic(stats, this.#run);
  }
}

/** Statistic of a row; percentile and time of the maximum are computed on access. */
class LazyStatistic implements RunStatistic {
  readonly #stats: SummaryStats;
  readonly #run: RunTimes;

  constructor(stats: SummaryStats, run: RunTimes) {
    this.#stats = stats;
    this.#run = run;
  }

  get min(): number {
    return this.#stats.min;
  }

  get max(): number {
    return this.#stats.max;
  }

  get avg(): number {
    return this.#stats.avg;
  }

  get p95(): number {
    return this.#stats.p95;
  }

  get maxAt(): string {
    return isoTimeOf(this.#stats.maxAtSeconds, this.#run);
  }

  get maxAfterSeconds(): number {
    return this.#stats.maxAtSeconds - this.#run.startedAtSeconds;
  }

  toJSON(): RunStatistic | null {
    return statisticOf(this.#stats, this.#run);
  }
}
