/** What a budget has come to. `exhausted`: over it although the interval is as long as it may be. */
export type BudgetState = 'asked' | 'throttled' | 'exhausted';

export interface CpuBudgetOptions {
  /** Percent of one core that the program itself may use, > 0. */
  readonly percent: number;
  /** The sampling interval that was asked for, in seconds. */
  readonly intervalSeconds: number;
  /** No interval is longer: an export window has a sample at least. */
  readonly longestSeconds: number;
}

/** What is used is looked at over so many seconds, and over so many ticks where these are far apart. */
const WHILE_SECONDS = 10;
const WHILE_TICKS = 4;
/** However long an export window is. */
const MOST_THROTTLE = 16;
/** Over the budget by less is within it: quotients that should be whole are not quite. */
const OVER = 1.001;
const ROUNDING = 1e-6;
/** No change is greater than to twice the interval, or to half of it. */
const STEP = 2;
/** The interval is shortened where, by what was measured, no more than this part of the budget would then be used, */
const AT_EASE = 0.85;
/** after so many whiles one after the other in which that was so. */
const QUIET_WHILES = 3;

/**
 * Keeps the program's own CPU within a budget by the number of intervals from one sample to the next.
 *
 * What it uses is `fixed + perTick / throttle`. Over the budget, the throttle grows by the factor that it is over by: what
 * is fixed does not shrink by that, so this never goes too far. It shrinks only where the budget would hold even if all
 * were per tick, so that a load that stays the same is never throttled again.
 */
export class CpuBudget {
  readonly percent: number;
  readonly #intervalSeconds: number;
  readonly #most: number;
  #throttle = 1;
  #state: BudgetState = 'asked';
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

  /** Intervals from one sample to the next: a whole number from 1. */
  get throttle(): number {
    return this.#throttle;
  }

  get state(): BudgetState {
    return this.#state;
  }

  /** Percent of one core that was used in the while that was looked at last. */
  get usedPercent(): number {
    return this.#usedPercent;
  }

  /** After a tick: the time, and the CPU seconds that the program has used since it began. The first is where it starts. */
  note(atSeconds: number, cpuSeconds: number): void {
    if (Number.isNaN(this.#sinceSeconds)) this.#begin(atSeconds, cpuSeconds);
    if (atSeconds === this.#sinceSeconds) return;
    const seconds = atSeconds - this.#sinceSeconds;
    this.#ticks++;
    if (this.#ticks < WHILE_TICKS || seconds < WHILE_SECONDS - this.#intervalSeconds / 2) return;
    this.#usedPercent = (100 * Math.max(0, cpuSeconds - this.#sinceCpuSeconds)) / seconds;
    this.#begin(atSeconds, cpuSeconds);
    this.#judge(this.#usedPercent / this.percent);
  }

  #begin(atSeconds: number, cpuSeconds: number): void {
    this.#ticks = 0;
    this.#sinceSeconds = atSeconds;
    this.#sinceCpuSeconds = cpuSeconds;
  }

  /** `load` is what was used, by what may be used. */
  #judge(load: number): void {
    const now = this.#throttle;
    if (load > OVER) {
      this.#quiet = 0;
      if (now === this.#most) this.#state = 'exhausted';
      else {
        this.#throttle = Math.min(Math.ceil(now * Math.min(load, STEP) - ROUNDING), this.#most);
        this.#state = 'throttled';
      }
      return;
    }
    const enough = Math.max(1, Math.ceil((now * load) / AT_EASE), Math.ceil(now / STEP));
    const isQuiet = enough < now || (now === 1 && load <= AT_EASE);
    this.#quiet = isQuiet ? this.#quiet + 1 : 0;
    if (this.#quiet < QUIET_WHILES) return;
    this.#quiet = 0;
    this.#throttle = enough;
    this.#state = enough === 1 ? 'asked' : 'throttled';
  }
}
