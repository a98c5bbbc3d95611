import type { Clock } from '../../../host/clock.ts';
import type { LiveFrame } from '../model/frame.ts';

const AS_IT_WAS = 1;
const SPEEDS = [0.5, AS_IT_WAS, 2, 4, 8, 16, 32, 64, Number.POSITIVE_INFINITY];
/** A timer may fire a little early. */
const NEARLY_SECONDS = 1e-3;

/** What is longer between two frames was no pace of sampling: the next is not waited for as long. */
const LONGEST_GAP_SECONDS = 5;

/** Seconds of the run between a frame and the next, as far as known before the next is read. */
export function gapAfter({ intervalSeconds, run: { everySeconds } }: LiveFrame): number {
  const isGap = intervalSeconds > Math.max(LONGEST_GAP_SECONDS, 4 * everySeconds);
  return isGap ? everySeconds : intervalSeconds || everySeconds;
}

type SpeedChange = 'faster' | 'slower' | 'as it was';

/** How much of a run should have been played by now: elapsed seconds of the run, that go on with the clock. */
export class PlaybackClock {
  readonly #clock: Clock;
  #speed = AS_IT_WAS;
  #elapsed = 0;
  #setAtSeconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds of the run in one second; infinite: as many as can be. */
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

  /** Seconds from now until it reaches a second of the run; 0 where it has, or goes as fast as it can. */
  secondsUntil(elapsed: number): number {
    if (this.#speed === Number.POSITIVE_INFINITY) return 0;
    const passed = this.#clock.monotonicSeconds() - this.#setAtSeconds;
    const left = (elapsed - this.#elapsed) / this.#speed - passed;
    return left < NEARLY_SECONDS ? 0 : left;
  }
}
