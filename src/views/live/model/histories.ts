import { QUANTITY_FIELDS } from '../../../ledger/document/quantities.ts';
import type { LiveFrame, LiveProcess, LiveUnit } from './frame.ts';
import { Timeline } from './timeline.ts';

/** Values of units and processes that are kept over time. */
export const FIGURES = [...QUANTITY_FIELDS, 'reapedPercent'] as const;
export type Figure = (typeof FIGURES)[number];

type Figures = { readonly [F in Figure]: number | null };

/** Number of points that are kept. */
interface Points {
  readonly recent: number;
  readonly whole: number;
}

/** Points of a process: about 8 KB in all. */
const PROCESS_POINTS: Points = { recent: 240, whole: 120 };
const UNIT_POINTS: Points = { recent: 600, whole: 600 };
/** Limit on processes with a history (about 80 MB); others get one when some of them end. */
const MOST_PROCESSES = 10_000;
const MOST_UNITS = 2_500;

/** Values of one unit or process over time. */
export class History {
  /** Tick by tick, for the last minutes. */
  readonly recent: Timeline;
  /** The whole time, at decreasing resolution. */
  readonly whole: Timeline;
  /** Number of the frame in which it was last seen. */
  seenAtSeconds = 0;

  constructor(points: Points, tickSeconds: number) {
    this.recent = new Timeline(FIGURES.length, points.recent, tickSeconds, 'forget');
    this.whole = new Timeline(FIGURES.length, points.whole, tickSeconds, 'coarsen');
  }

  take(atSeconds: number, figures: Figures): void {
    for (let i = 0; i < FIGURES.length; i++) VALUES[i] = figures[FIGURES[i]!] ?? Number.NaN;
    this.recent.add(atSeconds, VALUES);
    this.whole.add(atSeconds, VALUES);
    this.seenAtSeconds = atSeconds;
  }
}

const VALUES = new Float64Array(FIGURES.length);

/** Histories of everything in the frames. */
export class Histories {
  /** All units together. */
  whole: History | undefined;
  readonly #units = new Map<number, History>();
  readonly #processes = new Map<number, History>();
  readonly #points: { readonly unit: Points; readonly process: Points };

  /** `lookBack`: number of ticks before the newest one that can be displayed; their last minutes are kept as well. */
  constructor(lookBack = 0) {
    const further = ({ recent, whole }: Points): Points => ({ recent: recent + lookBack, whole });
    this.#points = { unit: further(UNIT_POINTS), process: further(PROCESS_POINTS) };
  }

  /** Adds a frame, and `whole`: the sum of its units. */
  take(frame: LiveFrame, whole: Figures): void {
    const { atSeconds, run, units, processes } = frame;
    const { unit: unitPoints, process: processPoints } = this.#points;
    this.whole ??= new History(unitPoints, run.everySeconds);
    this.whole.take(atSeconds, whole);
    for (const unit of units) this.#take(this.#units, unit, unitPoints, MOST_UNITS, frame);
    for (const process of processes)
      this.#take(this.#processes, process, processPoints, MOST_PROCESSES, frame);
    forget(this.#units, units.length, MOST_UNITS, atSeconds);
    forget(this.#processes, processes.length, MOST_PROCESSES, atSeconds);
  }

  ofUnit(key: number): History | undefined {
    return this.#units.get(key);
  }

  ofProcess(key: number): History | undefined {
    return this.#processes.get(key);
  }

  #take(
    histories: Map<number, History>,
    item: LiveUnit | LiveProcess,
    points: Points,
    most: number,
    { atSeconds, run }: LiveFrame,
  ): void {
    let history = histories.get(item.key);
    if (history === undefined) {
      if (histories.size >= most) return;
      history = new History(points, run.everySeconds);
      histories.set(item.key, history);
    }
    history.take(atSeconds, item);
  }
}

/**
 * Keeps ended processes for a while, because a user may look at one: as many as live ones, and at least a few; fewer where
 * the next frame might have no room for as many new ones.
 */
function forget(histories: Map<number, History>, current: number, most: number, atSeconds: number): void {
  if (histories.size <= Math.min(2 * current + 256, most - current)) return;
  for (const [key, { seenAtSeconds }] of histories) {
    if (seenAtSeconds < atSeconds) histories.delete(key);
    if (histories.size <= current + 128) return;
  }
}
