/** Seconds between two readings of all cgroup metrics. */
const FIGURES_SECONDS = 1;

/** Decides when the cgroup metrics are read for a view, because they cost about twenty reads per cgroup. */
export class FigurePace {
  #atSeconds = Number.NEGATIVE_INFINITY;

  /** Whether to read them in the tick at `atSeconds`. */
  isDue(atSeconds: number): boolean {
    // Ticks come a little early or late.
    if (atSeconds < this.#atSeconds + 0.9 * FIGURES_SECONDS) return false;
    this.#atSeconds = atSeconds;
    return true;
  }
}
