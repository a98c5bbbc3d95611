const MINUTE_SECONDS = 60;

/**
 * Limits the spans of processes: per minute and, if the run is a command, in total. A batch of such a run takes at most
 * half of the remainder, so that long processes that end late keep their spans.
 */
export class SpanBudget {
  readonly #most: number;
  readonly #isOfRun: boolean;
  #minuteAtSeconds = Number.NEGATIVE_INFINITY;
  #sentInMinute = 0;
  #sentInRun = 0;

  /** `isOfRun`: `most` also limits the whole run. */
  constructor(most: number, isOfRun: boolean) {
    this.#most = most;
    this.#isOfRun = isOfRun;
  }

  /** Maximum spans of a batch now; `isLast`: no batch follows. */
  room(nowSeconds: number, isLast: boolean): number {
    if (nowSeconds - this.#minuteAtSeconds >= MINUTE_SECONDS) {
      this.#minuteAtSeconds = nowSeconds;
      this.#sentInMinute = 0;
    }
    const ofMinute = Math.max(0, this.#most - this.#sentInMinute);
    if (!this.#isOfRun) return ofMinute;
    const ofRun = Math.max(0, this.#most - this.#sentInRun);
    return Math.min(ofMinute, isLast ? ofRun : Math.ceil(ofRun / 2));
  }

  note(spans: number): void {
    this.#sentInMinute += spans;
    this.#sentInRun += spans;
  }
}
