import type { StatFields } from '../host/proc/stat.ts';
import type { ProcessDetail } from './choices.ts';

/**
 * Figures of the groups. A `counter` grows from the birth of the process on; a `level` is what stood there when it was
 * read. Context switches and the run-queue wait are of the main thread, as the kernel has no sum over threads.
 */
export const DETAIL_FIGURES = {
  threads: { group: 'threads', kind: 'level' },
  minorFaults: { group: 'faults', kind: 'counter' },
  majorFaults: { group: 'faults', kind: 'counter' },
  voluntarySwitches: { group: 'context-switches', kind: 'counter' },
  involuntarySwitches: { group: 'context-switches', kind: 'counter' },
  /** Descriptors that it holds open. */
  descriptors: { group: 'descriptors', kind: 'level' },
  /** How many it may hold; infinite where there is no limit. */
  descriptorLimit: { group: 'descriptors', kind: 'level' },
  /** Time in which its main thread was ready to run and waited for a CPU. */
  runQueueNanos: { group: 'run-queue', kind: 'counter' },
  /** Proportional set size. */
  pssBytes: { group: 'pss', kind: 'level' },
} as const satisfies Record<string, { readonly group: ProcessDetail; readonly kind: 'level' | 'counter' }>;
export type DetailFigure = keyof typeof DETAIL_FIGURES;

/** The figures of these groups. */
function figuresOf(groups: ReadonlySet<ProcessDetail>): readonly DetailFigure[] {
  return (Object.keys(DETAIL_FIGURES) as DetailFigure[]).filter((figure) =>
    groups.has(DETAIL_FIGURES[figure].group),
  );
}

/**
 * What is known of the rows' details, by slot: each figure as it was last read, NaN where it was not. Unlike the
 * columns of a sample there is one of these for all ticks: it is good until the next.
 */
export class DetailColumns {
  readonly groups: ReadonlySet<ProcessDetail>;
  /** Those that are read; `column` has no others. */
  readonly figures: readonly DetailFigure[];
  /** The tick in which something of the row was last read; -1: nothing yet. */
  readAtTick = new Int32Array(0);
  readonly #columns: Map<DetailFigure, Float64Array>;

  constructor(groups: ReadonlySet<ProcessDetail>, capacity: number) {
    this.groups = groups;
    this.figures = figuresOf(groups);
    this.#columns = new Map(this.figures.map((figure) => [figure, new Float64Array(0)]));
    this.grow(capacity);
  }

  /** The figure as last read, NaN where it is not known or not asked for. */
  get(figure: DetailFigure, slot: number): number {
    return this.#columns.get(figure)?.[slot] ?? Number.NaN;
  }

  set(figure: DetailFigure, slot: number, value: number, tick: number): void {
    const column = this.#columns.get(figure);
    if (column === undefined) return;
    column[slot] = value;
    this.readAtTick[slot] = tick;
  }

  /** Takes what stands in `stat` anyway. */
  takeStat(slot: number, stat: StatFields, tick: number): void {
    this.set('threads', slot, stat.threads, tick);
    this.set('minorFaults', slot, stat.minorFaults, tick);
    this.set('majorFaults', slot, stat.majorFaults, tick);
  }

  /** Begins a row of which nothing has been read. */
  begin(slot: number): void {
    this.readAtTick[slot] = -1;
    for (const column of this.#columns.values()) column[slot] = Number.NaN;
  }

  grow(capacity: number): void {
    const readAtTick = new Int32Array(capacity);
    readAtTick.set(this.readAtTick);
    this.readAtTick = readAtTick;
    for (const [figure, column] of this.#columns) {
      const larger = new Float64Array(capacity);
      larger.set(column);
      this.#columns.set(figure, larger);
    }
  }
}
