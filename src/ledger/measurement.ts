import { ORIGIN_BIRTH, ROW_ENDED, ROW_LEFT, ROW_ZOMBIE } from '../sampling/process-columns.ts';
import type { Sample } from '../sampling/sample.ts';
import { Deltas } from './deltas.ts';
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
    this.#meetRows(before, now);
    this.#creditParents(now);
    const intervalSeconds = before === null ? 0 : now.atSeconds - before.atSeconds;
    for (let i = 0; i < now.count; i++) {
      const slot = now.slots[i]!;
      if (now.rows.state[slot] !== ROW_ENDED) this.#measureRow(before, now, slot, intervalSeconds);
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
      if (rows.state[slot] !== ROW_ENDED && rows.state[slot] !== ROW_LEFT) continue;
      const key = keyOf(rows.unit[slot]!, rows.pid[slot]!);
      if (this.#slotOf.get(key) === slot) this.#slotOf.delete(key);
    }
  }

  /** Each row that is gone credits the living row that has waited for it with its whole life as last read. */
  #creditParents(now: Sample): void {
    const { rows, slots, count } = now;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (rows.state[slot] !== ROW_ENDED) continue;
      const parent = this.#livingAncestor(now, slot);
      if (parent === undefined) continue;
      this.#cpuBalance.credit(parent, rows.cpuNanos[slot]! + rows.reapedNanos[slot]!);
      for (const { column, balance } of this.#ioBalances) {
        const amount = rows[column][slot]!;
        if (!Number.isNaN(amount)) balance.credit(parent, amount);
      }
    }
  }

  /** A parent that is gone too was waited for by its own parent, and brought along what it had waited for. */
  #livingAncestor(now: Sample, slot: number): number | undefined {
    const { rows } = now;
    const unit = rows.unit[slot]!;
    let parent = this.#slotOf.get(keyOf(unit, rows.ppid[slot]!));
    for (let steps = 0; parent !== undefined && rows.state[parent] === ROW_ENDED; steps++) {
      // PIDs used again could make a ring of rows that are all gone.
      if (steps > now.count) return undefined;
      parent = this.#slotOf.get(keyOf(unit, rows.ppid[parent]!));
    }
    return parent;
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
