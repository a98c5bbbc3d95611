import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCpuSeconds } from '../truth.ts';

const STEP_MILLIS = 20;

interface Reading extends TracedSeconds {
  readonly startMillis: number;
  readonly endMillis: number;
}

/** A cgroup's own counter. */
export async function usedByCgroup(cgroup: string): Promise<TracedSeconds> {
  const seconds = await readCpuSeconds(cgroup);
  return { least: seconds, most: seconds };
}

/**
 * CPU of units of a slice whose directories come and go: the slice's CPU less that of all others, which continue while
 * they are read one after the other.
 */
export async function usedInSlice(slice: string, units: readonly string[]): Promise<TracedSeconds> {
  const before = await readCpuSeconds(slice);
  let others = 0;
  for (const entry of readdirSync(slice, { withFileTypes: true })) {
    if (!entry.isDirectory() || units.includes(entry.name)) continue;
    others += await readCpuSeconds(path.join(slice, entry.name)).catch(() => 0);
  }
  return { least: before - others, most: (await readCpuSeconds(slice)) - others };
}

/** Bounds of the used CPU: a counter is read at its own times, not at the requested ones. */
export interface TracedSeconds {
  readonly least: number;
  readonly most: number;
}

/** A CPU counter that is read many times a second: usage between any two wall-clock times. */
export class CpuTrace {
  readonly #readings: Reading[] = [];
  readonly #used: () => Promise<TracedSeconds>;
  #reading: Promise<void> | null = null;
  #stopped = false;

  /** Starts reading `used`: the lower bound at the call, the upper bound at the answer. */
  static async start(used: () => Promise<TracedSeconds>): Promise<CpuTrace> {
    const trace = new CpuTrace(used);
    await trace.#read();
    trace.#reading = trace.#readOn();
    return trace;
  }

  private constructor(used: () => Promise<TracedSeconds>) {
    this.#used = used;
  }

  /** Stops after a final reading. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
    await this.#read();
  }

  /** Usage between two times in ISO 8601. */
  usedBetween(from: string, to: string): TracedSeconds {
    const [start, end] = [this.#at(Date.parse(from)), this.#at(Date.parse(to))];
    return { least: Math.max(0, end.least - start.most), most: end.most - start.least };
  }

  async #readOn(): Promise<void> {
    while (!this.#stopped) {
      await sleep(STEP_MILLIS);
      await this.#read();
    }
  }

  async #read(): Promise<void> {
    const startMillis = Date.now();
    const { least, most } = await this.#used();
    // A millisecond ends at the start of the next one.
    this.#readings.push({ startMillis, endMillis: Date.now() + 1, least, most });
  }

  /** Bounds of the counter at a time: by the last reading that began before it, and the first that ended after it. */
  #at(unixMillis: number): TracedSeconds {
    const before = this.#readings.findLast(({ startMillis }) => startMillis <= unixMillis);
    const after = this.#readings.find(({ endMillis }) => endMillis > unixMillis);
    assert.ok(before !== undefined && after !== undefined, 'a moment that was not traced');
    return { least: before.least, most: after.most };
  }
}

/** Fails unless a value matches the trace, within a relative tolerance. */
export function assertTraced(
  actual: number,
  { least, most }: TracedSeconds,
  share: number,
  what: string,
): void {
  const isWithin = actual >= least * (1 - share) && actual <= most * (1 + share);
  assert.ok(isWithin, `${what}: ${actual} is not ${least} to ${most}, to ${100 * share}%`);
}
