import type { Clock } from '../../../host/clock.ts';
import type { LiveFrame } from '../model/frame.ts';

const AS_IT_WAS = 1;
const SPEEDS = [0.5, AS_IT_WAS, 2, 4, 8, 16, 32, 64, Number.POSITIVE_INFINITY];
/** A timer may fire a little early. */
const NEARLY_SECONDS = 1e-3;

/** A longer pause between two frames is a gap, and is shortened. */
const LONGEST_GAP_SECONDS = 5;

/** Seconds of the run between a frame and the next, if known before the next is read. */
export function gapAfter({ intervalSeconds, run: { everySeconds } }: LiveFrame): number {
  const isGap = intervalSeconds > Math.max(LONGEST_GAP_SECONDS, 4 * everySeconds);
  return isGap ? everySeconds : intervalSeconds || everySeconds;
}

type SpeedChange = 'faster' | 'slower' | 'as it was';

/** The playback position: elapsed seconds of the run, which advance with the clock. */
export class PlaybackClock {
  readonly #clock: Clock;
  #speed = AS_IT_WAS;
  #elapsed = 0;
  #setAtSeconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds of the run per second; infinite: as fast as possible. */
  get speed(): number {
    return this.#speed;
  }

  /** The new position; playback continues from it. */
  set(elapsed: number): void {
    this.#elapsed = elapsed;
    this.#setAtSeconds = this.#clock.monotonicSeconds();
  }

  changeSpeed(change: SpeedChange): void {
    const by = change === 'faster' ? 1 : -1;
    const to = change === 'as it was' ? AS_IT_WAS : SPEEDS[SPEEDS.indexOf(this.#speed) + by];
    if (to !== undefined) this.#speed = to;
  }

  /** Seconds from now until it reaches a second of the run; 0 if it has, or if playback is as fast as possible. */
  secondsUntil(elapsed: number): number {
    if (this.#speed === Number.POSITIVE_INFINITY) return 0;
    const passed = this.#clock.monotonicSeconds() - this.#setAtSeconds;
    const left = (elapsed - this.#elapsed) / this.#speed - passed;
    return left < NEARLY_SECONDS ? 0 : left;
  }
}
