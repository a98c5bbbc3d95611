import type { StatFields } from '../host/proc/stat.ts';
import type { ProcessDetail } from './choices.ts';
import { grown } from './grown.ts';

/**
 * Values of the detail groups. A `counter` grows from the birth of the process on; a `level` is the value at the time
 * of the read. Context switches and run-queue wait cover the main thread only: the kernel has no sum over threads.
 */
export const DETAIL_FIGURES = {
  threads: { group: 'threads', kind: 'level' },
  minorFaults: { group: 'faults', kind: 'counter' },
  majorFaults: { group: 'faults', kind: 'counter' },
  voluntarySwitches: { group: 'context-switches', kind: 'counter' },
  involuntarySwitches: { group: 'context-switches', kind: 'counter' },
  /** Open descriptors. */
  descriptors: { group: 'descriptors', kind: 'level' },
  /** Soft limit of open descriptors; infinite if unlimited. */
  descriptorLimit: { group: 'descriptors', kind: 'level' },
  /** Time for which the main thread was runnable and waited for a CPU. */
  runQueueNanos: { group: 'run-queue', kind: 'counter' },
  /** Proportional set size. */
  pssBytes: { group: 'pss', kind: 'level' },
} as const satisfies Record<string, { readonly group: ProcessDetail; readonly kind: 'level' | 'counter' }>;
export type DetailFigure = keyof typeof DETAIL_FIGURES;

function figuresOf(groups: ReadonlySet<ProcessDetail>): readonly DetailFigure[] {
  return (Object.keys(DETAIL_FIGURES) as DetailFigure[]).filter((figure) =>
    groups.has(DETAIL_FIGURES[figure].group),
  );
}

/**
 * Details of the rows by slot, each as last read; NaN if not read. There is only one such object for all ticks, unlike
 * the columns of a sample: its values are valid until the next tick.
 */
export class DetailColumns {
  readonly groups: ReadonlySet<ProcessDetail>;
  /** Values that are read; `column` has no others. */
  readonly figures: readonly DetailFigure[];
  /** The tick in which any detail of the row was last read; -1: never. */
  readAtTick = new Int32Array(0);
  readonly #columns: Map<DetailFigure, Float64Array>;

  constructor(groups: ReadonlySet<ProcessDetail>, capacity: number) {
    this.groups = groups;
    this.figures = figuresOf(groups);
    this.#columns = new Map(this.figures.map((figure) => [figure, new Float64Array(0)]));
    this.grow(capacity);
  }

  /** The value as last read; NaN if unknown or not requested. */
  get(figure: DetailFigure, slot: number): number {
    return this.#columns.get(figure)?.[slot] ?? Number.NaN;
  }

  set(figure: DetailFigure, slot: number, value: number, tick: number): void {
    const column = this.#columns.get(figure);
    if (column === undefined) return;
    column[slot] = value;
    this.readAtTick[slot] = tick;
  }

  /** Stores the details that `stat` contains. */
  takeStat(slot: number, stat: StatFields, tick: number): void {
    this.set('threads', slot, stat.threads, tick);
    this.set('minorFaults', slot, stat.minorFaults, tick);
    this.set('majorFaults', slot, stat.majorFaults, tick);
  }

  /** Initialises a row of which nothing has been read. */
  begin(slot: number): void {
    this.readAtTick[slot] = -1;
    for (const column of this.#columns.values()) column[slot] = Number.NaN;
  }

  grow(capacity: number): void {
    this.readAtTick = grown(this.readAtTick, capacity);
    for (const [figure, column] of this.#columns) this.#columns.set(figure, grown(column, capacity));
  }
}
