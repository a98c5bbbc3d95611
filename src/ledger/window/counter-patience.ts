/**
 * Windows for which the counters of a process have series before it ends, so that these say how fast they rose. Prometheus
 * takes a series for going on half the time between two points after its last: what `increase()` adds by that is 2% of
 * 25 windows, and half of a single one.
 */
const SETTLED_WINDOWS = 25;
/** A unit is not expected to start short-lived processes any more once it has started none for so many windows. */
const FORGIVING_WINDOWS = 60;

/**
 * How old a process of a unit must be before its counters have series of their own. In a unit whose processes come and go,
 * such series would all be too short to be right, so there the age doubles with each that was.
 */
export class CounterPatience {
  /** At least. */
  ageWindows = 0;
  #quietWindows = 0;

  /** A window closes. */
  closeWindow(): void {
    if (++this.#quietWindows < FORGIVING_WINDOWS) return;
    this.#quietWindows = 0;
    this.ageWindows = Math.floor(this.ageWindows / 2);
  }

  /** A process has ended at this age, whose counters had series for so many windows. */
  noteEnd(ageWindows: number, countedWindows: number): void {
    if (countedWindows >= SETTLED_WINDOWS) return;
    this.#quietWindows = 0;
    this.ageWindows = Math.min(SETTLED_WINDOWS, Math.max(this.ageWindows, 2 * Math.ceil(ageWindows)));
  }
}
