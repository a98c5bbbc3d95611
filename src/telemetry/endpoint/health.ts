import type { DeliveryCounts } from '../export/delivery.ts';

/** Inputs of the health checks, read at each request. */
export interface HealthSigns {
  /** Seconds on the clock of the ticks. */
  readonly nowSeconds: () => number;
  /** Current seconds between two samples. */
  readonly intervalSeconds: () => number;
  /** Whether any target was seen in this run. */
  readonly targetSeen: () => boolean;
  /** State of delivery; undefined before telemetry is open. */
  readonly delivery: () => Pick<DeliveryCounts, 'state' | 'stateText'> | undefined;
}

/** The verdict, with one line per problem or remark. */
export type Verdict = { readonly isWell: boolean; readonly lines: readonly string[] };

/** Intervals by which the last sample may be late. */
const LATE_INTERVALS = 3;
/** Minimum, for short intervals: a busy machine is no reason for a restart. */
const SHORTEST_LATENESS_SECONDS = 5;

/** Whether the program works: by its ticks, and by the fate of its windows. */
export class Health {
  readonly #signs: HealthSigns;
  #tickSeconds: number;

  constructor(signs: HealthSigns) {
    this.#signs = signs;
    this.#tickSeconds = signs.nowSeconds();
  }

  /** Notes that a sample was taken and booked. */
  noteTick(atSeconds: number): void {
    this.#tickSeconds = atSeconds;
  }

  /** Whether ticks happen: if not, only a restart helps. */
  live(): Verdict {
    const interval = this.#signs.intervalSeconds();
    const late = this.#signs.nowSeconds() - this.#tickSeconds;
    if (late <= Math.max(LATE_INTERVALS * interval, SHORTEST_LATENESS_SECONDS)) return OK;
    const line = `no sample for ${late.toFixed(1)} s; one is due every ${interval} s`;
    return { isWell: false, lines: [line] };
  }

  /**
   * Whether targets exist, and windows are delivered or buffered. Buffered windows, in memory
   * or in the spool, are no problem until one is lost.
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
