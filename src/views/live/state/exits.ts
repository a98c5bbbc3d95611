import type { RunExited } from '../../../ledger/document/run-document.ts';
import type { LiveFrame, LiveProcess } from '../model/frame.ts';

/** Ticks for which an ended process is still shown, fading. */
const FADING_TICKS = 6;
/** Number of last ended processes that are kept on request. */
const MOST_KEPT = 1000;

/** An ended process, with the time of its end. */
export interface ExitedProcess {
  readonly process: LiveProcess;
  readonly atSeconds: number;
}

/** CPU seconds of processes that ended unseen, by unit and name. */
type UnseenCpu = ReadonlyMap<number, ReadonlyMap<string, number>>;

/**
 * Exits up to a frame: single processes while they are shown, and rates of unseen exits by name.
 * Immutable.
 */
export class Exits {
  static readonly none = new Exits([], 0, 0, null, null);
  /** Oldest first. */
  readonly #ended: readonly ExitedProcess[];
  readonly #fadedSeconds: number;
  readonly #intervalSeconds: number;
  /** Null without a previous frame. */
  readonly #cpuBefore: UnseenCpu | null;
  readonly #cpuNow: UnseenCpu | null;

  private constructor(
    ended: readonly ExitedProcess[],
    fadedSeconds: number,
    intervalSeconds: number,
    cpuBefore: UnseenCpu | null,
    cpuNow: UnseenCpu | null,
  ) {
    this.#ended = ended;
    this.#fadedSeconds = fadedSeconds;
    this.#intervalSeconds = intervalSeconds;
    this.#cpuBefore = cpuBefore;
    this.#cpuNow = cpuNow;
  }

  /** The exits up to the next frame. */
  after(frame: LiveFrame): Exits {
    const { atSeconds, intervalSeconds, run } = frame;
    const news = frame.ended.map((process) => ({ process, atSeconds }));
    const ended = news.length === 0 ? this.#ended : [...this.#ended, ...news].slice(-MOST_KEPT);
    const cpu = new Map<number, ReadonlyMap<string, number>>();
    for (const { key, exited } of frame.units) {
      if (exited.length > 0) cpu.set(key, new Map(exited.map(({ name, cpuSeconds }) => [name, cpuSeconds])));
    }
    const fadedSeconds = atSeconds - FADING_TICKS * run.everySeconds;
    return new Exits(ended, fadedSeconds, intervalSeconds, this.#cpuNow, cpu);
  }

  /** Shown exits: all kept ones, or only the fading ones. Oldest first. */
  shown(keepsAll: boolean): readonly ExitedProcess[] {
    if (keepsAll) return this.#ended;
    const first = this.#ended.findIndex(({ atSeconds }) => atSeconds > this.#fadedSeconds);
    return first < 0 ? [] : this.#ended.slice(first);
  }

  /** Returns a kept exit. */
  find(key: number): ExitedProcess | undefined {
    return this.#ended.find(({ process }) => process.key === key);
  }

  /** CPU percent in this tick of unseen exits with one name; null without a rate. */
  cpuPercentOf(unitKey: number, { name, cpuSeconds }: RunExited): number | null {
    if (this.#intervalSeconds === 0 || this.#cpuBefore === null) return null;
    const before = this.#cpuBefore.get(unitKey)?.get(name) ?? 0;
    return (100 * Math.max(0, cpuSeconds - before)) / this.#intervalSeconds;
  }
}
