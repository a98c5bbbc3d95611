let isEnforced = false;

/** From now on, values that are used after their ticks throw. For tests: each property that is read costs a call then. */
export function enforceTickStamps(): void {
  isEnforced = true;
}

/**
 * Enforces how long a value is good that lies in buffers which later ticks write to again: the last `ticks` values that
 * were stamped can be read, an older one throws. In production values are passed on as they are.
 */
export class TickStamps<T extends object> {
  readonly #name: string;
  readonly #ticks: number;
  /** Newest last. */
  readonly #stamped: { isExpired: boolean }[] = [];

  /** `name`: of the value, for the error. */
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
