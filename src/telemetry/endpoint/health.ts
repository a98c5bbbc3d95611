import type { DeliveryCounts } from '../export/delivery.ts';

/** What health is judged by; asked for when somebody asks. */
export interface HealthSigns {
  /** Seconds on the clock that ticks are noted by. */
  readonly nowSeconds: () => number;
  /** Seconds between two samples, as they now are. */
  readonly intervalSeconds: () => number;
  /** Some target has been there at some time in this run. */
  readonly targetSeen: () => boolean;
  /** How delivery fares; undefined where nothing can have been sent yet. */
  readonly delivery: () => Pick<DeliveryCounts, 'state' | 'stateText'> | undefined;
}

/** Well, or what is wrong, in a line each; where it is well, what there is to know all the same. */
export type Verdict = { readonly isWell: boolean; readonly lines: readonly string[] };

/** Samples that may be late before something is wrong. */
const LATE_INTERVALS = 3;
/** However short the interval: a busy machine is no reason to be restarted. */
const SHORTEST_LATENESS_SECONDS = 5;

/** Whether the program works: by its ticks, and by what becomes of its windows. */
export class Health {
  readonly #signs: HealthSigns;
  #tickSeconds: number;

  constructor(signs: HealthSigns) {
    this.#signs = signs;
    this.#tickSeconds = signs.nowSeconds();
  }

  /** A sample was taken and booked. */
  noteTick(atSeconds: number): void {
    this.#tickSeconds = atSeconds;
  }

  /** Whether ticks happen: where they do not, only a new start can help. */
  live(): Verdict {
    const interval = this.#signs.intervalSeconds();
    const late = this.#signs.nowSeconds() - this.#tickSeconds;
    if (late <= Math.max(LATE_INTERVALS * interval, SHORTEST_LATENESS_SECONDS)) return OK;
    const line = `no sample for ${late.toFixed(1)} s, where one is due every ${interval} s`;
    return { isWell: false, lines: [line] };
  }

  /**
   * Whether there is something to measure, and the measurements get out, or are kept for later: windows that wait, in memory
   * or in the spool, are nothing to worry about until one is lost.
   */
  ready(): Verdict {
    const delivery = this.#signs.delivery();
    const lines = [...this.live().lines];
    if (!this.#signs.targetSeen()) lines.push('none of the targets has been seen yet');
    if (delivery?.state === 'failing')
      lines.push(`delivery is ${delivery.stateText}; metrics are being lost`);
    if (lines.length > 0) return { isWell: false, lines };
    return delivery?.state === 'spooling' ? { isWell: true, lines: [delivery.stateText] } : OK;
  }
}

const OK: Verdict = { isWell: true, lines: [] };
