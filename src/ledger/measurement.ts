import { ORIGIN_BIRTH, ROW_ENDED, ROW_SHADOW, ROW_ZOMBIE } from '../sampling/process-columns.ts';
import type { Sample } from '../sampling/sample.ts';
import { Deltas } from './deltas.ts';
import { OutsideReaps } from './outside-reaps.ts';
import { ReapBalance } from './reap-balance.ts';

const NANOS = 1e9;
/** A row that was born in a tick is watched for at least this long: start times come in ticks of 10 ms. */
const SHORTEST_SECONDS = 0.01;
/** PIDs are below this (PID_MAX_LIMIT), so unit and PID make one key. */
const PID_LIMIT = 4_194_304;

/** The counters in which `/proc/PID/io` already holds what reaped children did. */
const IO_COLUMNS = ['readBytes', 'writeBytes', 'cancelledWriteBytes', 'readChars', 'writeChars'] as const;

/**
 * Differences of the counters of two samples, with what is a child's taken off its parent: own CPU, the CPU of reaped
 * descendants that had no row, and bytes, each at most once. Nothing from before a row was watched is in them.
 */
export class Measurement {
  deltas = new Deltas(0);
  /** What the units' outside parents waited for in this tick. */
  readonly outsideReaps = new OutsideReaps();
  readonly #cpuBalance = new ReapBalance();
  readonly #ioBalances = IO_COLUMNS.map((column) => ({ column, balance: new ReapBalance() }));
  /** Slot of the row with a PID, by unit and PID. */
  readonly #slotOf = new Map<number, number>();

  /** Fills `deltas` for every row of `now` that has not ended. `before` is null on the first tick. */
  measure(before: Sample | null, now: Sample): void {
    const { capacity } = now.rows;
    if (this.deltas.capacity < capacity) this.deltas = new Deltas(capacity);
    this.#cpuBalance.begin(capacity);
    for (const { balance } of this.#ioBalances) balance.begin(capacity);
    this.outsideReaps.begin(now.outsideParents);
    // Before new rows are met: one of them may have the number of a parent that is gone.
    this.#creditParents(now);
    this.outsideReaps.settle();
    this.#meetRows(before, now);
    const intervalSeconds = before === null ? 0 : now.atSeconds - before.atSeconds;
    for (let i = 0; i < now.count; i++) {
      const slot = now.slots[i]!;
      const state = now.rows.state[slot];
      if (state !== ROW_ENDED && state !== ROW_SHADOW) this.#measureRow(before, now, slot, intervalSeconds);
    }
    this.#forgetRows(now);
  }

  #meetRows(before: Sample | null, now: Sample): void {
    const { rows, slots, count } = now;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (before !== null && before.rows.serial[slot] === rows.serial[slot]) continue;
      this.#cpuBalance.forget(slot);
      for (const { balance } of this.#ioBalances) balance.forget(slot);
      this.#slotOf.set(keyOf(rows.unit[slot]!, rows.pid[slot]!), slot);
    }
  }

  #forgetRows(now: Sample): void {
    const { rows, slots, count } = now;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (rows.state[slot] !== ROW_ENDED) continue;
      const key = keyOf(rows.unit[slot]!, rows.pid[slot]!);
      if (this.#slotOf.get(key) === slot) this.#slotOf.delete(key);
    }
  }

  /** Each row that is gone credits whoever has waited for it with its whole life as last read, and what it owed. */
  #creditParents(now: Sample): void {
    const { rows, slots, count } = now;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (rows.state[slot] !== ROW_ENDED) continue;
      const lifeNanos = rows.cpuNanos[slot]! + rows.reapedNanos[slot]! + this.#cpuBalance.owed(slot);
      const eldest = this.#eldestGone(now, slot);
      const parent = this.#slotOf.get(keyOf(rows.unit[eldest]!, rows.ppid[eldest]!));
      if (parent === undefined) {
        this.outsideReaps.credit(rows.unit[eldest]!, rows.ppid[eldest]!, lifeNanos, eldest);
        continue;
      }
      this.#cpuBalance.credit(parent, lifeNanos);
      for (const { column, balance } of this.#ioBalances) {
        const amount = rows[column][slot]! + balance.owed(slot);
        if (!Number.isNaN(amount)) balance.credit(parent, amount);
      }
    }
  }

  /** A parent that is gone too was waited for by its own parent, and brought along what it had waited for. */
  #eldestGone(now: Sample, slot: number): number {
    const { rows } = now;
    let eldest = slot;
    // PIDs used again could make a ring of rows that are all gone: no chain is longer than all of them.
    for (let steps = 0; steps < now.count; steps++) {
      const parent = this.#slotOf.get(keyOf(rows.unit[eldest]!, rows.ppid[eldest]!));
      if (parent === undefined || rows.state[parent] !== ROW_ENDED) break;
      eldest = parent;
    }
    return eldest;
  }

  #measureRow(before: Sample | null, now: Sample, slot: number, intervalSeconds: number): void {
    const { rows } = now;
    const { deltas } = this;
    const earlier = before !== null && before.rows.serial[slot] === rows.serial[slot] ? before.rows : null;
    const born = earlier === null && rows.origin[slot] === ORIGIN_BIRTH;
    deltas.unit[slot] = rows.unit[slot]!;
    deltas.memoryBytes[slot] = rows.memoryBytes[slot]!;
    if (earlier !== null)
      deltas.observedSeconds[slot] = earlier.state[slot] === ROW_ZOMBIE ? 0 : intervalSeconds;
    else if (born) {
      const lived = now.atSeconds - now.identities[slot]!.bornAtSeconds;
      deltas.observedSeconds[slot] = Math.max(SHORTEST_SECONDS, lived);
    } else deltas.observedSeconds[slot] = 0;
    const own = growthOf(rows.cpuNanos, earlier?.cpuNanos, born, slot);
    const reaped = growthOf(rows.reapedNanos, earlier?.reapedNanos, born, slot);
    deltas.cpuSeconds[slot] = Number.isNaN(own) ? 0 : own / NANOS;
    deltas.reapedCpuSeconds[slot] = this.#cpuBalance.settle(slot, Number.isNaN(reaped) ? 0 : reaped) / NANOS;
    for (const { column, balance } of this.#ioBalances) {
      const growth = growthOf(rows[column], earlier?.[column], born, slot);
      deltas[column][slot] = Number.isNaN(growth) ? Number.NaN : balance.settle(slot, growth);
    }
  }
}

function keyOf(unit: number, pid: number): number {
  return unit * PID_LIMIT + pid;
}

/**
 * Growth of a counter: since the sample before, since birth, or not known (NaN) where there is neither. One that goes
 * back is the kernel's correction of an estimate: it is waited out, not booked.
 */
function growthOf(
  column: Float64Array,
  earlier: Float64Array | undefined,
  born: boolean,
  slot: number,
): number {
  const start = earlier !== undefined ? earlier[slot]! : born ? 0 : Number.NaN;
  const growth = column[slot]! - start;
  return Math.max(growth, 0);
}
