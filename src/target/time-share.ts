/** Runs something at most so often that it takes a share of the time. */
export class TimeShare {
  readonly #share: number;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(share: number) {
    this.#share = share;
  }

  /** `now`: in seconds. */
  run(now: () => number, work: (atSeconds: number) => void): void {
    const began = now();
    if (began < this.#notBefore) return;
    work(began);
    const ended = now();
    this.#notBefore = ended + (ended - began) / this.#share;
  }
}
