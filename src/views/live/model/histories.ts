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

/** Points that are kept of a process: some 8 KB for the whole of them. */
const PROCESS_POINTS = { recent: 240, whole: 120 };
const UNIT_POINTS = { recent: 600, whole: 600 };
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

  constructor(points: { readonly recent: number; readonly whole: number }, tickSeconds: number) {
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

  /** Takes a frame, and `whole`: what its units add up to. */
  take(frame: LiveFrame, whole: Figures): void {
    const { atSeconds, run, units, processes } = frame;
    this.whole ??= new History(UNIT_POINTS, run.everySeconds);
    this.whole.take(atSeconds, whole);
    for (const unit of units) this.#take(this.#units, unit, UNIT_POINTS, MOST_UNITS, frame);
    for (const process of processes)
      this.#take(this.#processes, process, PROCESS_POINTS, MOST_PROCESSES, frame);
    forget(this.#units, units.length, atSeconds);
    forget(this.#processes, processes.length, atSeconds);
  }

  ofUnit(key: number): History | undefined {
    return this.#units.get(key);
  }

  ofProcess(key: number): History | undefined {
    return this.#processes.get(key);
  }

  clear(): void {
    this.whole = undefined;
    this.#units.clear();
    this.#processes.clear();
  }

  #take(
    histories: Map<number, History>,
    item: LiveUnit | LiveProcess,
    points: { readonly recent: number; readonly whole: number },
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

/** Those that ended are kept for a while, for whoever looks at one of them: as many as there are others, a few at least. */
function forget(histories: Map<number, History>, current: number, atSeconds: number): void {
  const most = 2 * current + 256;
  if (histories.size <= most) return;
  for (const [key, { seenAtSeconds }] of histories) {
    if (seenAtSeconds < atSeconds) histories.delete(key);
    if (histories.size <= current + 128) return;
  }
}
