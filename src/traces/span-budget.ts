const MINUTE_SECONDS = 60;

/**
 * How many spans of processes may be sent: so many a minute, and where the run is a command, which ends by itself, so many in
 * all. A batch of such a run takes at most half of what is left, so that long processes that end late keep their spans.
 */
export class SpanBudget {
  readonly #most: number;
  readonly #isOfRun: boolean;
  #minuteAtSeconds = Number.NEGATIVE_INFINITY;
  #sentInMinute = 0;
  #sentInRun = 0;

  /** `isOfRun`: `most` is for the run as well. */
  constructor(most: number, isOfRun: boolean) {
    this.#most = most;
    this.#isOfRun = isOfRun;
  }

  /** Spans that a batch may have now; `isLast`: none will follow. */
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
