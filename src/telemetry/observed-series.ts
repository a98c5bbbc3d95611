import type { Attributes } from '@opentelemetry/api';

/**
 * The counters' series that the callbacks observed in one collection. The SDK goes on exporting a cumulative series
 * with new timestamps once it is no longer observed; what is not in here is taken out again.
 */
export class ObservedSeries {
  readonly #keys: Map<string, Set<string>> = new Map();

  clear(): void {
    this.#keys.clear();
  }

  add(name: string, attributes: Attributes): void {
    let keys = this.#keys.get(name);
    if (keys === undefined) {
      keys = new Set();
      this.#keys.set(name, keys);
    }
    keys.add(keyOf(attributes));
  }

  has(name: string, attributes: Attributes): boolean {
    return this.#keys.get(name)?.has(keyOf(attributes)) ?? false;
  }
}

/** The keys of one metric's attributes stand in the same order in all its series, so their values tell them apart. */
function keyOf(attributes: Attributes): string {
  return JSON.stringify(Object.values(attributes));
}
