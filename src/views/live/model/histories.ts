import type { LiveFrame, LiveProcess, LiveUnit } from './frame.ts';
import { Timeline } from './timeline.ts';

/** What is kept over time of units and processes. */
export const FIGURES = [
  'cpuPercent',
  'reapedPercent',
  'memoryBytes',
  'diskBytesPerSecond',
  'transferBytesPerSecond',
] as const;
export type Figure = (typeof FIGURES)[number];

type Figures = { readonly [F in Figure]: number | null };

/** Points that are kept over time. */
interface Points {
  readonly recent: number;
  readonly whole: number;
}

/** Of a process: some 8 KB for the whole of them. */
const PROCESS_POINTS: Points = { recent: 240, whole: 120 };
const UNIT_POINTS: Points = { recent: 600, whole: 600 };
/** Processes beyond these have no history until some of them end: some 80 MB. */
const MOST_PROCESSES = 10_000;
const MOST_UNITS = 2_500;

/** What one unit or process was like over time. */
export class History {
  /** Tick by tick, as far back as there is room. */
  readonly recent: Timeline;
  /** All of it, ever more coarsely. */
  readonly whole: Timeline;
  /** The frame that it was last seen in. */
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

/** Histories of all that the frames showed. */
export class Histories {
  /** All units together. */
  whole: History | undefined;
  readonly #units = new Map<number, History>();
  readonly #processes = new Map<number, History>();
  readonly #points: { readonly unit: Points; readonly process: Points };

  /** `lookBack`: ticks before the newest one that may be looked at: of those, too, the last minutes are kept. */
  constructor(lookBack = 0) {
    const further = ({ recent, whole }: Points): Points => ({ recent: recent + lookBack, whole });
    this.#points = { unit: further(UNIT_POINTS), process: further(PROCESS_POINTS) };
  }

  /** Takes a frame, and `whole`: what its units add up to. */
  take(frame: LiveFrame, whole: Figures): void {
    const { atSeconds, run, units, processes } = frame;
    const { unit: unitPoints, process: processPoints } = this.#points;
    this.whole ??= new History(unitPoints, run.everySeconds);
    this.whole.take(atSeconds, whole);
    for (const unit of units) this.#take(this.#units, unit, unitPoints, MOST_UNITS, frame);
    for (const process of processes)
      this.#take(this.#processes, process, processPoints, MOST_PROCESSES, frame);
    forget(this.#units, units.length, atSeconds);
    forget(this.#processes, processes.length, atSeconds);
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

/** Ended processes are kept for a while, for a user who has one open: as many as there are others, a few at least. */
function forget(histories: Map<number, History>, current: number, atSeconds: number): void {
  const most = 2 * current + 256;
  if (histories.size <= most) return;
  for (const [key, { seenAtSeconds }] of histories) {
    if (seenAtSeconds < atSeconds) histories.delete(key);
    if (histories.size <= current + 128) return;
  }
}
