let isEnforced = false;

/** Makes values throw when they are used after their ticks. For tests: it adds a call to each property access. */
export function enforceTickStamps(): void {
  isEnforced = true;
}

/**
 * Enforces the lifetime of values in buffers that later ticks overwrite: the last `ticks` stamped values can be read,
 * older ones throw. In production, values pass through unchanged.
 */
export class TickStamps<T extends object> {
  readonly #name: string;
  readonly #ticks: number;
  /** Newest last. */
  readonly #stamped: { isExpired: boolean }[] = [];

  /** `name`: name of the value in the error. */
  constructor(name: string, ticks: number) {
    this.#name = name;
    this.#ticks = ticks;
  }

  stamp(value: T): T {
    if (!isEnforced) return value;
    if (this.#stamped.length === this.#ticks) this.#stamped.shift()!.isExpired = true;
    const stamp = { isExpired: false };
    this.#stamped.push(stamp);
    return new Proxy(value, {
      get: (target, property) => {
        if (stamp.isExpired)
          throw new Error(`${this.#name} is used after its tick: ${String(property)} may be of a later one`);
        return Reflect.get(target, property);
      },
    });
  }
}
