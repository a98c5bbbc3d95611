/** Does something at most so often that it takes a share of one core. */
export class TimeShare {
  readonly #share: number;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(share: number) {
    this.#share = share;
  }

  run(atSeconds: number, work: (atSeconds: number) => void): void {
    if (atSeconds < this.#notBefore) return;
    // Not the time that goes by: on a busy machine most of that is spent waiting.
    const { user, system } = process.cpuUsage();
    work(atSeconds);
    const used = process.cpuUsage({ user, system });
    this.#notBefore = atSeconds + (used.user + used.system) / 1e6 / this.#share;
  }
}
