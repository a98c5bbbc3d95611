import { nullableMax, nullableSum } from '../host/nullable.ts';
import { cpuOf } from '../ledger/document/exited-rows.ts';
import type { RunExited, RunProcess, RunStatistic } from '../ledger/document/run-document.ts';
import type { NameSource } from './metrics.ts';

/** The fields of a process row that are used. */
export interface ProcessRow
  extends Pick<
    RunProcess,
    'name' | 'endedAt' | 'samples' | 'cpuSeconds' | 'reapedCpuSeconds' | 'diskBytes' | 'transferBytes'
  > {
  readonly cpuPercent: Pick<RunStatistic, 'max'> | null;
  readonly memoryBytes: Pick<RunStatistic, 'max' | 'avg'> | null;
}

/** The fields of a row of exited processes that are used. */
export type ExitedRow = Pick<
  RunExited,
  'name' | 'count' | 'cpuSeconds' | 'diskBytes' | 'transferBytes' | 'peakMemoryBytes' | 'apportioned'
>;

/** Sums over the rows of one executable name. */
export class RowSums {
  processes = 0;
  exits = 0;
  rowsWithoutBytes = 0;
  diskBytes: number | null = null;
  transferBytes: number | null = null;
  #cpuSeconds = 0;
  /** Highest value of any one process. */
  #peakMemoryBytes: number | null = null;
  #peakCpuPercent: number | null = null;
  /** Sum of mean RSS times number of samples, over rows with a mean. */
  #memorySamples: number | null = null;
  /** Some processes were folded into a row without statistics (`--summary-rows`). */
  #isFolded = false;

  addProcess(row: ProcessRow): void {
    this.processes++;
    if (row.endedAt !== null) this.exits++;
    this.#cpuSeconds += cpuOf(row);
    this.#addBytes(row.diskBytes, row.transferBytes);
    if (row.cpuPercent !== null) this.#peakCpuPercent = nullableMax(this.#peakCpuPercent, row.cpuPercent.max);
    if (row.memoryBytes === null) return;
    this.#memorySamples = (this.#memorySamples ?? 0) + row.memoryBytes.avg * row.samples;
    this.#peakMemoryBytes = nullableMax(this.#peakMemoryBytes, row.memoryBytes.max);
  }

  addExited(row: ExitedRow): void {
    this.processes += row.count;
    this.exits += row.count;
    this.#cpuSeconds += row.cpuSeconds;
    // Processes of an apportioned row were never sampled, so they have no statistics.
    this.#isFolded ||= !row.apportioned;
    this.#addBytes(row.diskBytes, row.transferBytes);
    this.#peakMemoryBytes = nullableMax(this.#peakMemoryBytes, row.peakMemoryBytes);
  }

  /** The source of the metrics of an executable name, in a run of this many seconds and samples. */
  source(seconds: number, samples: number): NameSource {
    // With folded rows, the statistics of the other rows are incomplete.
    const whole = (value: number | null) => (this.#isFolded ? null : value);
    return {
      cpuSeconds: this.#cpuSeconds,
      maxCpuPercent: whole(this.#peakCpuPercent),
      avgMemoryBytes: whole(this.#memorySamples === null ? null : this.#memorySamples / samples),
      maxMemoryBytes: this.#peakMemoryBytes,
      diskBytes: this.diskBytes,
      transferBytes: this.transferBytes,
      processes: this.processes,
      exits: this.exits,
      seconds,
    };
  }

  #addBytes(diskBytes: number | null, transferBytes: number | null): void {
    if (diskBytes === null) this.rowsWithoutBytes++;
    this.diskBytes = nullableSum(this.diskBytes, diskBytes);
    this.transferBytes = nullableSum(this.transferBytes, transferBytes);
  }
}
