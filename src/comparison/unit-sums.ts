import { nullableSum } from '../ledger/accounts/nullable.ts';
import type { RunStatistic, RunUnit, RunUnitTotals } from '../ledger/document/run-document.ts';
import type { ComparedUnit } from './compared-run.ts';
import type { Figures } from './metrics.ts';
import { type ExitedRow, type ProcessRow, RowSums } from './row-sums.ts';
import { RunFileError } from './run-file-error.ts';

/** The statistics of a unit in the document; null if missing. */
export type UnitTotals = Pick<RunUnitTotals, 'processesSeen' | 'diskBytes' | 'transferBytes'> & {
  readonly [Field in keyof RunUnitTotals as RunUnitTotals[Field] extends RunStatistic | null
    ? Field
    : never]: Pick<RunStatistic, 'max' | 'avg'> | null;
};

/** The fields of a unit that are used, without its rows. */
export interface UnitHead extends Pick<RunUnit, 'unit' | 'instances' | 'foldedUnits'> {
  readonly totalCpuSeconds: number | null;
  readonly attributedCpuSeconds: number;
  readonly unattributedCpuSeconds: number | null;
  /** Null in documents of earlier versions. */
  readonly totals: UnitTotals | null;
  readonly memoryPeakBytes: number | null;
  readonly throttledSeconds: number | null;
  readonly oomKills: number | null;
}

/** Limit of executable names per unit: comm is 16 bytes that a hostile process chooses. */
const MOST_NAMES = 100_000;

/** Sums the rows of one unit up by executable name, in memory bounded by the number of names. */
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
      figures: unitFigures(head, rows, seconds),
      names: new Map([...this.#names].map(([name, sums]) => [name, sums.figures(seconds, samples)])),
      rowsWithoutBytes,
      isCpuOfRows: isSeen && head.totalCpuSeconds === null,
    };
  }

  #of(name: string): RowSums {
    const found = this.#names.get(name);
    if (found !== undefined) return found;
    if (this.#names.size >= MOST_NAMES)
      throw new RunFileError(`a unit in it has more than ${MOST_NAMES} executable names`);
    const made = new RowSums();
    this.#names.set(name, made);
    return made;
  }
}

/**
 * The metrics of a unit, unchanged from the document. Computed are only exits, rates of
 * folded units, and sums missing in documents of earlier versions.
 */
function unitFigures(
  head: UnitHead,
  rows: Pick<RowSums, 'processes' | 'exits' | 'diskBytes' | 'transferBytes'>,
  seconds: number,
): Figures {
  const { totals } = head;
  const rate = (statistic: Pick<RunStatistic, 'avg'> | null | undefined, total: number | null) =>
    statistic?.avg ?? (total === null ? null : total / seconds);
  const cpuSeconds = head.totalCpuSeconds ?? head.attributedCpuSeconds;
  const {
    diskBytes,
    transferBytes,
    processesSeen: processes,
  } = totals ?? { ...rows, processesSeen: rows.processes };
  return {
    'cpu.avg': rate(totals?.cpuPercent, 100 * cpuSeconds),
    'cpu.seconds': cpuSeconds,
    'cpu.unattributed': head.unattributedCpuSeconds,
    'cpu.max': totals?.cpuPercent?.max ?? null,
    'memory.avg': totals?.memoryBytes?.avg ?? null,
    'memory.max': totals?.memoryBytes?.max ?? null,
    'memory.peak': head.memoryPeakBytes,
    'disk.rate': rate(totals?.diskBytesPerSecond, diskBytes),
    'disk.bytes': diskBytes,
    'transfer.rate': rate(totals?.transferBytesPerSecond, transferBytes),
    'transfer.bytes': transferBytes,
    processes,
    'processes.max': totals?.processesAlive?.max ?? null,
    exits: rows.exits,
    'exits.rate': rows.exits / seconds,
    // For several folded units, starts cannot be distinguished from restarts.
    restarts: head.foldedUnits > 0 ? null : Math.max(0, head.instances - 1),
    throttled: head.throttledSeconds,
    'oom.kills': head.oomKills,
  };
}
