import { grown } from '../../sampling/grown.ts';
import { QuantileSketch } from './quantile-sketch.ts';
import { PERCENTILE } from './summary-stats.ts';

/** Values of a process that have a distribution. */
export const CPU_PERCENT = 0;
export const MEMORY = 1;
export const DISK_RATE = 2;
export const TRANSFER_RATE = 3;
export const KINDS = 4;

/** Samples of one kind and bucket in 32 bits: kind (2), number of samples (15), bucket (15). */
const COUNT_BITS = 15;
const MOST_COUNTED = 2 ** COUNT_BITS - 1;
const BUCKET_BITS = 15;
const BUCKET_MASK = 2 ** BUCKET_BITS - 1;
const BUCKET_OFFSET = 2 ** (BUCKET_BITS - 1);

/** Entries of one process in the queue. */
const ROOM = 32;
/** Staggers the flushes by up to this many entries, so that not all processes flush in one tick. */
const STAGGER = 16;

/** Distributions of one process. */
export class ProcessSketches {
  readonly #sketches: (QuantileSketch | undefined)[] = new Array(KINDS).fill(undefined);
  /** Entries that are not in sketches yet. */
  #loose: Uint32Array | null;

  constructor(loose: Uint32Array | null = null) {
    this.#loose = loose;
  }

  add(entries: Uint32Array): void {
    for (const entry of entries) {
      const kind = kindOf(entry);
      this.#sketches[kind] ??= new QuantileSketch();
      addTo(this.#sketches[kind], entry);
    }
  }

  /** The 95th percentile of `count` values, zeros included; see `QuantileSketch`. */
  p95(kind: number, count: number): number {
    return this.#sketchOf(kind).quantile(PERCENTILE, count);
  }

  /** A summary reads each of thousands of processes once, so a sketch made from loose entries only is not kept. */
  #sketchOf(kind: number): QuantileSketch {
    const kept = this.#sketches[kind];
    if (kept === undefined) {
      const sketch = new QuantileSketch();
      for (const entry of this.#loose ?? []) if (kindOf(entry) === kind) addTo(sketch, entry);
      return sketch;
    }
    if (this.#loose !== null) this.add(this.#loose);
    this.#loose = null;
    return kept;
  }
}

function kindOf(entry: number): number {
  return entry >>> (COUNT_BITS + BUCKET_BITS);
}

function addTo(sketch: QuantileSketch, entry: number): void {
  sketch.add((entry & BUCKET_MASK) - BUCKET_OFFSET, (entry >>> BUCKET_BITS) & MOST_COUNTED);
}

/**
 * Queues samples by slot before they are counted in sketches. A sketch is far in memory from everything else that a
 * tick touches, so accessing it costs more than counting: samples wait in adjacent entries until a flush is worthwhile.
 */
export class WaitingSamples {
  #entries = new Uint32Array(0);
  #counts = new Uint8Array(0);
  readonly #sketches: (ProcessSketches | undefined)[] = [];

  /** Makes room for slots up to `capacity`. */
  grow(capacity: number): void {
    if (this.#counts.length >= capacity) return;
    this.#entries = grown(this.#entries, capacity * ROOM);
    this.#counts = grown(this.#counts, capacity);
  }

  /** Resets the slot for a new process. */
  begin(slot: number): void {
    this.#counts[slot] = 0;
    this.#sketches[slot] = undefined;
  }

  /** Queues `count` samples of a kind and bucket. */
  add(slot: number, kind: number, bucket: number, count: number): void {
    for (let left = count; left > 0; left -= MOST_COUNTED) {
      let waiting = this.#counts[slot]!;
      if (waiting === ROOM - (slot % STAGGER)) {
        this.#flush(slot);
        waiting = 0;
      }
      const counted = Math.min(left, MOST_COUNTED);
      this.#entries[slot * ROOM + waiting] =
        (kind << (COUNT_BITS + BUCKET_BITS)) | (counted << BUCKET_BITS) | (bucket + BUCKET_OFFSET);
      this.#counts[slot] = waiting + 1;
    }
  }

  /** All samples of a process that stays; valid until more are counted. */
  sketchesOf(slot: number): ProcessSketches {
    return this.#sketches[slot] === undefined ? new ProcessSketches(this.#waiting(slot)) : this.#flush(slot);
  }

  /** Removes all samples of a process that leaves the slot; null if there are none. */
  take(slot: number): ProcessSketches | null {
    const sketches = this.#sketches[slot];
    if (sketches !== undefined) this.#flush(slot);
    const waiting = this.#waiting(slot);
    this.begin(slot);
    return sketches ?? (waiting.length > 0 ? new ProcessSketches(waiting.slice()) : null);
  }

  /** Restores the samples of a process that returns to the slot. */
  putBack(slot: number, sketches: ProcessSketches | null): void {
    this.#counts[slot] = 0;
    this.#sketches[slot] = sketches ?? undefined;
  }

  #flush(slot: number): ProcessSketches {
    this.#sketches[slot] ??= new ProcessSketches();
    this.#sketches[slot].add(this.#waiting(slot));
    this.#counts[slot] = 0;
    return this.#sketches[slot];
  }

  #waiting(slot: number): Uint32Array {
    return this.#entries.subarray(slot * ROOM, slot * ROOM + this.#counts[slot]!);
  }
}
