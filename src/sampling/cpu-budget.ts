/** `exhausted`: over the budget although the interval is at its maximum. */
export type BudgetState = 'requested' | 'throttled' | 'exhausted';

export interface CpuBudgetOptions {
  /** CPU that unitledger may use, in percent of one core; > 0. */
  readonly percent: number;
  /** The requested sampling interval, in seconds. */
  readonly intervalSeconds: number;
  /** Upper limit of the interval, so that each export window has at least one sample. */
  readonly longestSeconds: number;
}

/** CPU use is evaluated over at least this many seconds and at least this many ticks. */
const PERIOD_SECONDS = 10;
const PERIOD_TICKS = 4;
/** Upper limit of the throttle, also where export windows are longer. */
const MOST_THROTTLE = 16;
/** Tolerance for rounding errors of quotients that should be 1. */
const TOLERANCE = 1.001;
const ROUNDING = 1e-6;
/** One step at most doubles or halves the interval. */
const STEP = 2;
/** The interval is shortened if the predicted use is at most this part of the budget, */
const SAFE_LOAD = 0.85;
/** in this many consecutive evaluations. */
const QUIET_PERIODS = 3;

/**
 * Keeps unitledger's own CPU within a budget by the number of intervals between two samples.
 *
 * The program uses `fixed + perTick / throttle`. Over the budget, the throttle grows by the ratio of use to budget;
 * because the fixed part does not shrink, this never overshoots. The throttle shrinks only if the budget would hold
 * even if all CPU were per tick, so a constant load does not make the throttle oscillate.
 */
export class CpuBudget {
  readonly percent: number;
  readonly #intervalSeconds: number;
  readonly #most: number;
  #throttle = 1;
  #state: BudgetState = 'requested';
  #usedPercent = 0;
  #quiet = 0;
  #ticks = 0;
  #sinceSeconds = Number.NaN;
  #sinceCpuSeconds = 0;

  constructor({ percent, intervalSeconds, longestSeconds }: CpuBudgetOptions) {
    this.percent = percent;
    this.#intervalSeconds = intervalSeconds;
    const whole = Math.floor(longestSeconds / intervalSeconds + ROUNDING);
    this.#most = Math.max(1, Math.min(MOST_THROTTLE, whole));
  }

  /** Intervals between two samples: an integer, at least 1. */
  get throttle(): number {
    return this.#throttle;
  }

  get state(): BudgetState {
    return this.#state;
  }

  /** CPU used in the last evaluated period, in percent of one core. */
  get usedPercent(): number {
    return this.#usedPercent;
  }

  /**
   * Call after each tick. `cpuSeconds`: CPU that the program has used since its start. The first call sets the
   * baseline.
   */
  note(atSeconds: number, cpuSeconds: number): void {
    if (Number.isNaN(this.#sinceSeconds)) this.#begin(atSeconds, cpuSeconds);
    if (atSeconds === this.#sinceSeconds) return;
    const seconds = atSeconds - this.#sinceSeconds;
    this.#ticks++;
    if (this.#ticks < PERIOD_TICKS || seconds < PERIOD_SECONDS - this.#intervalSeconds / 2) return;
    this.#usedPercent = (100 * Math.max(0, cpuSeconds - this.#sinceCpuSeconds)) / seconds;
    this.#begin(atSeconds, cpuSeconds);
    this.#judge(this.#usedPercent / this.percent);
  }

  #begin(atSeconds: number, cpuSeconds: number): void {
    this.#ticks = 0;
    this.#sinceSeconds = atSeconds;
    this.#sinceCpuSeconds = cpuSeconds;
  }

  /** `load`: CPU used, divided by the budget. */
  #judge(load: number): void {
    const now = this.#throttle;
    if (load > TOLERANCE) {
      this.#quiet = 0;
      if (now === this.#most) this.#state = 'exhausted';
      else {
        this.#throttle = Math.min(Math.ceil(now * Math.min(load, STEP) - ROUNDING), this.#most);
        this.#state = 'throttled';
      }
      return;
    }
    const enough = Math.max(1, Math.ceil((now * load) / SAFE_LOAD), Math.ceil(now / STEP));
    const isQuiet = enough < now || (now === 1 && load <= SAFE_LOAD);
    this.#quiet = isQuiet ? this.#quiet + 1 : 0;
    if (this.#quiet < QUIET_PERIODS) return;
    this.#quiet = 0;
    this.#throttle = enough;
    this.#state = enough === 1 ? 'requested' : 'throttled';
  }
}
