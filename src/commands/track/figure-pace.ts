/** Seconds between two readings of all that cgroups tell. */
const FIGURES_SECONDS = 1;

/** When what cgroups tell is to be read for a view: it costs some twenty reads a cgroup. */
export class FigurePace {
  #atSeconds = Number.NEGATIVE_INFINITY;

  /** Whether it is to be read in the tick at `atSeconds`. */
  isDue(atSeconds: number): boolean {
    // Ticks come a little early or late.
    if (atSeconds < this.#atSeconds + 0.9 * FIGURES_SECONDS) return false;
    this.#atSeconds = atSeconds;
    return true;
  }
}
