/** What health is judged by; asked for when somebody asks. */
export interface HealthSigns {
  /** Seconds on the clock that ticks are noted by. */
  readonly nowSeconds: () => number;
  /** Seconds between two samples, as they now are. */
  readonly intervalSeconds: () => number;
  /** Some target has been there at some time in this run. */
  readonly targetSeen: () => boolean;
  /** Export windows by outcome so far; undefined where none can have one yet. */
  readonly counts: () => { readonly delivered: number; readonly failed: number } | undefined;
}

/** Well, or what is wrong, in a line each. */
export type Verdict = { readonly isWell: boolean; readonly lines: readonly string[] };

/** Samples that may be late before something is wrong. */
const LATE_INTERVALS = 3;
/** However short the interval: a busy machine is no reason to be restarted. */
const SHORTEST_LATENESS_SECONDS = 5;

/** Whether the program works: by its ticks, and by what becomes of its windows. */
export class Health {
  readonly #signs: HealthSigns;
  #tickSeconds: number;
  #delivered = 0;
  #failed = 0;
  #lastWasLost = false;

  constructor(signs: HealthSigns) {
    this.#signs = signs;
    this.#tickSeconds = signs.nowSeconds();
  }

  /** A sample was taken and booked. */
  noteTick(atSeconds: number): void {
    this.#tickSeconds = atSeconds;
    this.#noteOutcomes();
  }

  /** Whether ticks happen: where they do not, only a new start can help. */
  live(): Verdict {
    const interval = this.#signs.intervalSeconds();
    const late = this.#signs.nowSeconds() - this.#tickSeconds;
    if (late <= Math.max(LATE_INTERVALS * interval, SHORTEST_LATENESS_SECONDS)) return OK;
    const line = `no sample for ${late.toFixed(1)} s, where one is due every ${interval} s`;
    return { isWell: false, lines: [line] };
  }

  /** Whether there is something to measure, and the measurements get out, or are kept for later. */
  ready(): Verdict {
    this.#noteOutcomes();
    const lines = [...this.live().lines];
    if (!this.#signs.targetSeen()) lines.push('none of the targets has been seen yet');
    if (this.#lastWasLost) lines.push('the last window of metrics was lost; the log says why');
    return { isWell: lines.length === 0, lines };
  }

  /** Windows that wait, or are spooled, have no outcome yet, and are nothing to worry about. */
  #noteOutcomes(): void {
    const counts = this.#signs.counts();
    if (counts === undefined) return;
    const { delivered, failed } = counts;
    if (delivered > this.#delivered) this.#lastWasLost = false;
    else if (failed > this.#failed) this.#lastWasLost = true;
    this.#delivered = delivered;
    this.#failed = failed;
  }
}

const OK: Verdict = { isWell: true, lines: [] };
