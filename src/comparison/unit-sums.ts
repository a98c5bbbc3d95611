import { nullableMax, nullableSum } from '../host/nullable.ts';
import { cpuOf } from '../ledger/document/exited-rows.ts';
import { ofQuantities } from '../ledger/document/quantities.ts';
import type {
  RunExited,
  RunProcess,
  RunStatistic,
  RunUnit,
  RunUnitTotals,
} from '../ledger/document/run-document.ts';
import type { ComparedUnit } from './compared-run.ts';
import {
  figuresOfName,
  figuresOfUnit,
  type NameSource,
  type UnitFields,
  type UnitSource,
} from './metrics.ts';
import { RunFileError } from './run-file-error.ts';

/** The fields of a unit that are used, without its rows. */
export interface UnitHead extends Pick<RunUnit, 'unit' | 'instances' | 'foldedUnits'>, UnitFields {
  readonly totalCpuSeconds: number | null;
  readonly attributedCpuSeconds: number;
  /** Null in documents of earlier versions. */
  readonly totals:
    | (Pick<UnitSource, 'statistics'> & Pick<RunUnitTotals, 'processesSeen' | 'diskBytes' | 'transferBytes'>)
    | null;
}

const NO_STATISTICS: UnitSource['statistics'] = { processesAlive: null, ...ofQuantities(() => null) };

/** Limit of process names per unit: comm is 16 bytes that a hostile process chooses. */
const MOST_NAMES = 100_000;

/** Sums the rows of one unit up by process name, in memory bounded by the number of names. */
export class UnitSums {
  readonly #names = new Map<string, RowSums>();

  /** Throws RunFileError if there are too many names. */
  addProcess(row: ProcessRow): void {
    this.#of(row.name).addProcess(row);
  }

  /** Throws RunFileError where there are too many names. */
  addExited(row: ExitedRow): void {
    this.#of(row.name).addExited(row);
  }

  /** The unit in a run of this many seconds and samples. */
  unit(head: UnitHead, seconds: number, samples: number): ComparedUnit {
    const rows = {
      processes: 0,
      exits: 0,
      diskBytes: null as number | null,
      transferBytes: null as number | null,
    };
    let rowsWithoutBytes = 0;
    for (const sums of this.#names.values()) {
      rows.processes += sums.processes;
      rows.exits += sums.exits;
      rows.diskBytes = nullableSum(rows.diskBytes, sums.diskBytes);
      rows.transferBytes = nullableSum(rows.transferBytes, sums.transferBytes);
      rowsWithoutBytes += sums.rowsWithoutBytes;
    }
    // The shared CPU of removed cgroups has no instance.
    const isSeen = head.instances > 0 || head.foldedUnits > 0 || (head.totalCpuSeconds ?? 0) > 0;
    return {
      isSeen,
      isFinished: rows.processes > 0 && rows.exits === rows.processes,
      figures: figuresOfUnit(sourceOf(head, rows, seconds)),
      names: new Map(
        [...this.#names].map(([name, sums]) => [name, figuresOfName(sums.source(seconds, samples))]),
      ),
      rowsWithoutBytes,
      isCpuOfRows: isSeen && head.totalCpuSeconds === null,
    };
  }

  #of(name: string): RowSums {
    const found = this.#names.get(name);
    if (found !== undefined) return found;
    if (this.#names.size >= MOST_NAMES)
      throw new RunFileError(`a unit in it has more than ${MOST_NAMES} process names`);
    const made = new RowSums();
    this.#names.set(name, made);
    return made;
  }
}

/** The source of the metrics of a unit. Sums of the rows replace totals that documents of earlier versions do not have. */
function sourceOf(
  head: UnitHead,
  rows: Pick<RowSums, 'processes' | 'exits' | 'diskBytes' | 'transferBytes'>,
  seconds: number,
): UnitSource {
  const { totals, foldedUnits, instances } = head;
  return {
    ...head,
    cpuSeconds: head.totalCpuSeconds ?? head.attributedCpuSeconds,
    statistics: totals?.statistics ?? NO_STATISTICS,
    diskBytes: (totals ?? rows).diskBytes,
    transferBytes: (totals ?? rows).transferBytes,
    processes: totals?.processesSeen ?? rows.processes,
    exits: rows.exits,
    // For several folded units, starts cannot be distinguished from restarts.
    restarts: foldedUnits > 0 ? null : Math.max(0, instances - 1),
    seconds,
  };
}

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

/** Sums over the rows of one process name. */
class RowSums {
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

  /** The source of the metrics of a process name, in a run of this many seconds and samples. */
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
