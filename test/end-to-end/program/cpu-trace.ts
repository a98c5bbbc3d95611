import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MILLIS = 20;

interface Reading {
  readonly unixMillis: number;
  readonly cpuSeconds: number;
}

/** A counter of CPU seconds, read many times a second: what was used between any two moments, on the wall clock. */
export class CpuTrace {
  readonly #readings: Reading[] = [];
  readonly #reading: Promise<void>;
  #stopped = false;

  /** Starts to read. `cpuSeconds` gives the counter. */
  constructor(cpuSeconds: () => Promise<number>) {
    this.#reading = this.#readOn(cpuSeconds);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
  }

  /** What was used from one moment to another, both ISO 8601. */
  usedBetween(from: string, to: string): number {
    return this.#at(Date.parse(to)) - this.#at(Date.parse(from));
  }

  async #readOn(cpuSeconds: () => Promise<number>): Promise<void> {
    while (!this.#stopped) {
      const before = Date.now();
      const reading = await cpuSeconds();
      this.#readings.push({ unixMillis: (before + Date.now()) / 2, cpuSeconds: reading });
      await sleep(STEP_MILLIS);
    }
  }

  #at(unixMillis: number): number {
    const after = this.#readings.findIndex((reading) => reading.unixMillis >= unixMillis);
    assert.ok(after > 0, 'a moment that was not traced');
    const [a, b] = [this.#readings[after - 1]!, this.#readings[after]!];
    const share = (unixMillis - a.unixMillis) / (b.unixMillis - a.unixMillis);
    return a.cpuSeconds + share * (b.cpuSeconds - a.cpuSeconds);
  }
}
