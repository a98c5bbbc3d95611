/** A client that requests a page. */
export interface Visitor {
  /** Address of the client, with the `User-Agent` to distinguish two clients of one address. */
  readonly name: string;
  /** Its request identifies it as a scraper. */
  readonly isScraper: boolean;
}

interface Visits {
  lastSeconds: number;
  /** Seconds between the last two visits; null after the first. */
  gapSeconds: number | null;
  /** The last window that it has seen. */
  window: number;
}

/** In seconds: a scraper is expected again within this time after its first visit, … */
const FIRST_GAP_SECONDS = 120;
/** … any other visitor within this multiple of the time between its last two visits, … */
const GAPS = 2.5;
/** … and none after this many seconds: in Prometheus, its series have ended by then. */
const LONGEST_GAP_SECONDS = 300;
const MOST_VISITORS = 32;

/** Knows the scrapers, and the windows that all of them have seen. A client that looks once is not waited for. */
export class Scrapers {
  readonly #visitors = new Map<string, Visits>();

  /** Notes that a visitor has seen a window. */
  note({ name, isScraper }: Visitor, window: number, nowSeconds: number): void {
    const known = this.#visitors.get(name);
    // The latest visitor is last.
    this.#visitors.delete(name);
    const gapSeconds = known === undefined ? null : nowSeconds - known.lastSeconds;
    const assumed = isScraper ? FIRST_GAP_SECONDS / GAPS : null;
    this.#visitors.set(name, { lastSeconds: nowSeconds, gapSeconds: gapSeconds ?? assumed, window });
    if (this.#visitors.size <= MOST_VISITORS) return;
    const [longestGone] = this.#visitors.keys();
    this.#visitors.delete(longestGone!);
  }

  /** The last window that all expected scrapers have seen; infinite if none is expected. */
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
