/** Who asks for a page. */
export interface Visitor {
  /** Address of the other side; with the `User-Agent`, which distinguishes two clients of one address. */
  readonly name: string;
  /** It is known from its request to come again and again. */
  readonly isScraper: boolean;
}

interface Visits {
  lastSeconds: number;
  /** Between the last two; null after the first. */
  gapSeconds: number | null;
  /** The last window that it was shown. */
  window: number;
}

/** A scraper that was there once is expected again within so long, … */
const FIRST_GAP_SECONDS = 120;
/** … any other visitor within so many times the time between its last two visits, … */
const GAPS = 2.5;
/** … and none after so long: to Prometheus, its series have ended by then. */
const LONGEST_GAP_SECONDS = 300;
const MOST_VISITORS = 32;

/** Who scrapes the windows, and which of them all have been shown. Someone who looks once is not waited for. */
export class Scrapers {
  readonly #visitors = new Map<string, Visits>();

  /** A visitor was shown a window. */
  note({ name, isScraper }: Visitor, window: number, nowSeconds: number): void {
    const known = this.#visitors.get(name);
    // The one that was here last stands last.
    this.#visitors.delete(name);
    const gapSeconds = known === undefined ? null : nowSeconds - known.lastSeconds;
    const assumed = isScraper ? FIRST_GAP_SECONDS / GAPS : null;
    this.#visitors.set(name, { lastSeconds: nowSeconds, gapSeconds: gapSeconds ?? assumed, window });
    if (this.#visitors.size <= MOST_VISITORS) return;
    const [longestGone] = this.#visitors.keys();
    this.#visitors.delete(longestGone!);
  }

  /** The last window that everyone who is expected again has been shown, or one after it; infinite where none is expected. */
  seen(nowSeconds: number): number {
    let seen = Number.POSITIVE_INFINITY;
    for (const [name, { lastSeconds, gapSeconds, window }] of this.#visitors) {
      const gone = nowSeconds - lastSeconds;
      if (gone > LONGEST_GAP_SECONDS) this.#visitors.delete(name);
      else if (gapSeconds !== null && gone <= GAPS * gapSeconds) seen = Math.min(seen, window);
    }
    return seen;
  }
}
