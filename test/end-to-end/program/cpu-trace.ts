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
 * What units of a slice used whose directories come and go: the slice's use less that of all others in it, which go on
 * while one after the other is read.
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

/** What was used lies between these: a counter is read at moments of its own, not at those that are asked for. */
export interface TracedSeconds {
  readonly least: number;
  readonly most: number;
}

/** A counter of CPU seconds, read many times a second: what was used between any two moments, on the wall clock. */
export class CpuTrace {
  readonly #readings: Reading[] = [];
  readonly #used: () => Promise<TracedSeconds>;
  #reading: Promise<void> | null = null;
  #stopped = false;

  /** Starts to read what `used` gives: at the least when it was asked, at the most when it answered. */
  static async start(used: () => Promise<TracedSeconds>): Promise<CpuTrace> {
    const trace = new CpuTrace(used);
    await trace.#read();
    trace.#reading = trace.#readOn();
    return trace;
  }

  private constructor(used: () => Promise<TracedSeconds>) {
    this.#used = used;
  }

  /** Ends with a reading of all that was used by now. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
    await this.#read();
  }

  /** What was used from one moment to another, both ISO 8601. */
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
    // A whole millisecond is over at its end.
    this.#readings.push({ startMillis, endMillis: Date.now() + 1, least, most });
  }

  /** Where the counter stood at a moment: by the last reading that began before it, and the first that was done after. */
  #at(unixMillis: number): TracedSeconds {
    const before = this.#readings.findLast(({ startMillis }) => startMillis <= unixMillis);
    const after = this.#readings.find(({ endMillis }) => endMillis > unixMillis);
    assert.ok(before !== undefined && after !== undefined, 'a moment that was not traced');
    return { least: before.least, most: after.most };
  }
}

/** Fails unless a figure is what was traced, to a share of it. */
export function assertTraced(
  actual: number,
  { least, most }: TracedSeconds,
  share: number,
  what: string,
): void {
  const isWithin = actual >= least * (1 - share) && actual <= most * (1 + share);
  assert.ok(isWithin, `${what}: ${actual} is not ${least} to ${most}, to ${100 * share}%`);
}
