/** A window that waits to be delivered. */
export interface WaitingWindow {
  readonly body: Uint8Array;
  /** When it was made, on the monotonic clock. */
  readonly madeAtSeconds: number;
  /** How often the collector failed at it. */
  failures: number;
}

export interface BacklogLimits {
  /** All windows together. */
  readonly bytes: number;
  readonly ageSeconds: number;
}

/** Windows that wait, oldest first, within limits of size and age. The oldest go first when there is no room. */
export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #windows: WaitingWindow[] = [];
  #bytes = 0;
  /** On its way: it is not dropped, since its answer may come any moment. */
  #inFlight: WaitingWindow | null = null;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#windows.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a window, and returns how many had to go for it; it may be one of them. */
  add(body: Uint8Array, nowSeconds: number): number {
    this.#windows.push({ body, madeAtSeconds: nowSeconds, failures: 0 });
    this.#bytes += body.length;
    return this.dropOutdated(nowSeconds) + this.#dropWhile(() => this.#bytes > this.#limits.bytes);
  }

  /** Lets go of what is too old, and returns how many windows that were. */
  dropOutdated(nowSeconds: number): number {
    const oldest = nowSeconds - this.#limits.ageSeconds;
    return this.#dropWhile(({ madeAtSeconds }) => madeAtSeconds < oldest);
  }

  /** The oldest, which is now on its way; null when nothing waits. `settle` or `putBack` ends that. */
  take(): WaitingWindow | null {
    this.#inFlight = this.#windows[0] ?? null;
    return this.#inFlight;
  }

  /** The window on its way waits on. */
  putBack(): void {
    this.#inFlight = null;
  }

  /** The window on its way has left. */
  settle(): void {
    if (this.#inFlight === null) return;
    this.#inFlight = null;
    this.#remove(0);
  }

  /** Lets go of all of them, and returns how many that were. */
  clear(): number {
    const { length } = this.#windows;
    this.#inFlight = null;
    this.#windows.length = 0;
    this.#bytes = 0;
    return length;
  }

  #dropWhile(isToGo: (window: WaitingWindow) => boolean): number {
    let dropped = 0;
    const first = this.#inFlight === null ? 0 : 1;
    while (this.#windows.length > first && isToGo(this.#windows[first]!)) {
      this.#remove(first);
      dropped++;
    }
    return dropped;
  }

  #remove(place: number): void {
    const [window] = this.#windows.splice(place, 1);
    this.#bytes -= window!.body.length;
  }
}
