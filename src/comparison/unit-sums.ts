import type { RunUnit } from '../ledger/document/run-document.ts';
import type { ComparedUnit } from './compared-run.ts';
import type { Figures } from './metrics.ts';
import { type ExitedRow, type ProcessRow, RowSums } from './row-sums.ts';
import { RunFileError } from './run-file-error.ts';

/** What is read of a unit beside its rows. */
export interface UnitHead extends Pick<RunUnit, 'unit' | 'instances' | 'foldedUnits'> {
  readonly totalCpuSeconds: number | null;
  readonly attributedCpuSeconds: number;
  readonly peakCpuPercent: number | null;
  /** Sum of the RSS of its processes; null where the document does not tell, as those of earlier states do not. */
  readonly peakResidentBytes: number | null;
  readonly mostProcesses: number | null;
  readonly memoryPeakBytes: number | null;
  readonly throttledSeconds: number | null;
  readonly oomKills: number | null;
}

/** More executable names than any unit has: comm is 16 bytes that a hostile process chooses. */
const MOST_NAMES = 100_000;

/** Sums the rows of one unit up by executable name, in memory bounded by the number of names. */
export class UnitSums {
  readonly #all = new RowSums();
  readonly #names = new Map<string, RowSums>();

  /** Throws RunFileError where there are too many names. */
  addProcess(row: ProcessRow): void {
    this.#all.addProcess(row);
    this.#of(row.name).addProcess(row);
  }

  /** Throws RunFileError where there are too many names. */
  addExited(row: ExitedRow): void {
    this.#all.addExited(row);
    this.#of(row.name).addExited(row);
  }

  /** What they come to in a run of so many seconds and samples. */
  unit(head: UnitHead, seconds: number, samples: number): ComparedUnit {
    const all = this.#all;
    const isSeen = head.instances > 0 || head.foldedUnits > 0;
    return {
      isSeen,
      isFinished: all.processes > 0 && all.exits === all.processes,
      figures: unitFigures(all.figures(seconds, samples), head, seconds),
      names: new Map([...this.#names].map(([name, sums]) => [name, sums.figures(seconds, samples)])),
      rowsWithoutBytes: all.rowsWithoutBytes,
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

function unitFigures(rows: Figures, head: UnitHead, seconds: number): Figures {
  const { totalCpuSeconds, attributedCpuSeconds } = head;
  const cpuSeconds = totalCpuSeconds ?? attributedCpuSeconds;
  return {
    ...rows,
    'cpu.avg': 100 * (cpuSeconds / seconds),
    'cpu.seconds': cpuSeconds,
    'cpu.unattributed': totalCpuSeconds === null ? null : totalCpuSeconds - attributedCpuSeconds,
    'cpu.max': head.peakCpuPercent,
    'memory.max': head.peakResidentBytes,
    'processes.max': head.mostProcesses,
    'memory.peak': head.memoryPeakBytes,
    // A unit of a pattern that stands for several has no starts that could be told from restarts.
    restarts: head.foldedUnits > 0 ? null : Math.max(0, head.instances - 1),
    throttled: head.throttledSeconds,
    'oom.kills': head.oomKills,
  };
}
