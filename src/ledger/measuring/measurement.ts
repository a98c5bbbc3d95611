import { IO_COUNTERS } from '../../host/proc/io.ts';
import { grown } from '../../sampling/grown.ts';
import {
  ORIGIN_BIRTH,
  type ProcessColumns,
  ROW_ALIVE,
  ROW_ENDED,
  ROW_FOREIGN_CHILD,
  ROW_LEFT,
  ROW_ZOMBIE,
} from '../../sampling/process-columns.ts';
import { timeAfter, timeBefore } from '../../sampling/read-times.ts';
import type { Sample } from '../../sampling/sample.ts';
import { secondsOfThreads } from './cpu-rate.ts';
import { Deltas, growthOf } from './deltas.ts';
import { IoMeasurement } from './io-measurement.ts';
import { OutsideReaps } from './outside-reaps.ts';
import { REAPED_RESOLUTION_NANOS, ReapBalance } from './reap-balance.ts';

const NANOS = 1e9;
/** Minimum duration of a row in its first tick: start times have a resolution of 10 ms. */
const SHORTEST_SECONDS = 0.01;

/**
 * Differences of the counters of two samples, with usage of children subtracted from their parents: own CPU, CPU of
 * reaped descendants without a row, and bytes, each at most once. Usage from before a row was watched is excluded. Idle
 * rows are not measured: nothing about them changed in this tick, and their usage is zero.
 */
export class Measurement {
  readonly deltas = new Deltas();
  /** Slots of measured rows; the first `activeCount` entries are valid. All other existing rows are idle. */
  active = new Int32Array(0);
  activeCount = 0;
  /** Slots of rows that ended or left, and of new rows, in the order of the sample. */
  readonly gone: number[] = [];
  readonly met: number[] = [];
  /** CPU of processes that outside parents waited for in this tick. */
  readonly outsideReaps = new OutsideReaps();
  readonly #cpuBalance = new ReapBalance(REAPED_RESOLUTION_NANOS);
  readonly #io = IO_COUNTERS.map((_, index) => new IoMeasurement(index));
  /** Slots of rows that returned to their unit. */
  readonly returned: number[] = [];
  /** By slot: 1 if growth may still meet a credit. */
  #unsettled = new Uint8Array(0);
  /** By slot: own CPU that is held until the cgroup's counter can be read. */
  #heldNanos = new Float64Array(0);
  /** Slots of rows that got a credit in this tick. */
  readonly #credited: number[] = [];
  /** By slot: a child of the row has ever ended. All other rows balance at zero, and their bytes are what they grew by. */
  #hasCredits = new Uint8Array(0);
  #wasActive = new Int32Array(0);
  #ticks = 0;
  /** By slot: the last tick in which the row was checked. */
  #lookedAt = new Int32Array(0);
  readonly #slots = new SlotsByPid();

  /** Computes `deltas` for every row of `now` that has not ended. `before` is null in the first tick. */
  measure(before: Sample | null, now: Sample): void {
    this.#beginTick(before, now);
    const intervalSeconds = before === null ? 0 : now.atSeconds - before.atSeconds;
    // Without elapsed time there are no rates, so no row counts as idle.
    const readsAll = !(intervalSeconds > 0);
    const changed = readsAll ? now.slots : now.changed;
    const changedCount = readsAll ? now.count : now.changedCount;
    for (let i = 0; i < changedCount; i++) {
      const slot = changed[i]!;
      const state = now.rows.state[slot];
      if (state === ROW_ENDED || state === ROW_LEFT) this.gone.push(slot);
      if (before === null || before.rows.serial[slot] !== now.rows.serial[slot]) this.met.push(slot);
      else if (isReturn(before.rows.state[slot]!, state!)) this.returned.push(slot);
    }
    // Before new rows are added: one of them may have the PID of a parent that is gone.
    this.#creditParents(now);
    this.outsideReaps.settle();
    this.#meetRows(now);
    const wereActive = this.activeCount;
    [this.active, this.#wasActive] = [this.#wasActive, this.active];
    this.activeCount = 0;
    for (let i = 0; i < changedCount; i++) this.#look(before, now, changed[i]!, intervalSeconds);
    for (let i = 0; i < wereActive; i++) this.#look(before, now, this.#wasActive[i]!, intervalSeconds);
    for (const slot of this.#credited) this.#look(before, now, slot, intervalSeconds);
    const { atRest, observedSeconds, rateSeconds } = this.deltas;
    for (let i = 0; i < now.count; i++) {
      const slot = now.slots[i]!;
      if (atRest[slot] === 1) observedSeconds[slot] = rateSeconds[slot] = intervalSeconds;
    }
    this.#forgetRows(now);
  }

  /** Makes an idle row active in this tick. */
  wake(slot: number): void {
    if (this.deltas.atRest[slot] === 1) this.#activate(slot);
  }

  #beginTick(before: Sample | null, now: Sample): void {
    const { capacity } = now.rows;
    if (this.deltas.capacity < capacity) {
      this.deltas.grow(capacity);
      this.active = grown(this.active, capacity);
      this.#wasActive = grown(this.#wasActive, capacity);
      this.#lookedAt = grown(this.#lookedAt, capacity);
      this.#unsettled = grown(this.#unsettled, capacity);
      this.#hasCredits = grown(this.#hasCredits, capacity);
      this.#heldNanos = grown(this.#heldNanos, capacity);
    }
    this.gone.length = 0;
    this.met.length = 0;
    this.returned.length = 0;
    this.#credited.length = 0;
    this.#ticks++;
    this.#cpuBalance.begin(capacity);
    for (const io of this.#io) io.beginTick(before, now, this.deltas);
    this.outsideReaps.begin(now.outsideParents);
  }

  #meetRows({ rows }: Sample): void {
    for (const slot of this.met) {
      this.#cpuBalance.forget(slot);
      for (const { balance } of this.#io) balance.forget(slot);
      this.#unsettled[slot] = 0;
      this.#hasCredits[slot] = 0;
      this.#heldNanos[slot] = 0;
      this.deltas.atRest[slot] = 0;
      this.#slots.add(slot, rows);
    }
  }

  #forgetRows({ rows }: Sample): void {
    for (const slot of this.gone) {
      this.deltas.atRest[slot] = 0;
      if (rows.state[slot] === ROW_ENDED) this.#slots.remove(slot, rows);
    }
  }

  /**
   * Credits each ended row to the process that waited for it: the part of that process's counter growth that is already
   * booked, or from before the row was watched. This is the row's total usage as last read, less its unbooked balance
   * (plus a debt).
   */
  #creditParents(now: Sample): void {
    const { rows } = now;
    for (const slot of this.gone) {
      if (rows.state[slot] !== ROW_ENDED) continue;
      const lifeNanos = rows.cpuNanos[slot]! + rows.reapedNanos[slot]! - this.#cpuBalance.of(slot);
      const eldest = this.#eldestGone(now, slot);
      const unit = rows.unit[eldest]!;
      const ppid = rows.ppid[eldest]!;
      const parent = this.#slots.find(ppid, unit, rows);
      if (parent === undefined) this.outsideReaps.credit(unit, ppid, lifeNanos, eldest);
      else this.#credit(parent, slot, lifeNanos, rows);
      this.#creditElsewhere(slot, ppid, lifeNanos, rows);
    }
  }

  /** The parent may also have rows in other units, in which the ended process never had a row. */
  #creditElsewhere(slot: number, ppid: number, lifeNanos: number, rows: ProcessColumns): void {
    const pid = rows.pid[slot]!;
    for (let parent = this.#slots.first(ppid); parent >= 0; parent = this.#slots.next(parent)) {
      const unit = rows.unit[parent]!;
      if (unit === rows.unit[slot] || rows.state[parent] === ROW_FOREIGN_CHILD) continue;
      // If several ended rows have this PID, only one is credited.
      if (this.#slots.find(pid, unit, rows) !== undefined || this.#slots.first(pid) !== slot) continue;
      this.#credit(parent, slot, lifeNanos, rows);
    }
  }

  #credit(parent: number, slot: number, lifeNanos: number, rows: ProcessColumns): void {
    this.#unsettled[parent] = 1;
    this.#hasCredits[parent] = 1;
    this.#credited.push(parent);
    this.#cpuBalance.credit(parent, lifeNanos);
    for (const { index, balance } of this.#io) {
      const amount = rows.io[index]![slot]! - balance.of(slot);
      if (!Number.isNaN(amount)) balance.credit(parent, amount);
    }
  }

  /** If the parent has ended too, its own parent waited for it, and inherited its waited-for children. */
  #eldestGone(now: Sample, slot: number): number {
    const { rows } = now;
    let eldest = slot;
    // Reused PIDs could form a cycle of ended rows; the number of rows limits the steps.
    for (let steps = 0; steps < now.count; steps++) {
      const parent = this.#slots.find(rows.ppid[eldest]!, rows.unit[eldest]!, rows);
      if (parent === undefined || rows.state[parent] !== ROW_ENDED) break;
      eldest = parent;
    }
    return eldest;
  }

  /** Marks a row as idle if nothing about it changed; otherwise measures it. */
  #look(before: Sample | null, now: Sample, slot: number, intervalSeconds: number): void {
    const state = now.rows.state[slot]!;
    if (state !== ROW_ALIVE && state !== ROW_ZOMBIE && state !== ROW_LEFT) return;
    if (this.#lookedAt[slot] === this.#ticks) return;
    this.#lookedAt[slot] = this.#ticks;
    const isThere =
      before !== null &&
      before.rows.serial[slot] === now.rows.serial[slot] &&
      !wasElsewhere(before.rows.state[slot]!);
    const canRest = isThere && intervalSeconds > 0 && this.#canRest(now, slot);
    if (canRest && !now.rows.differsFrom(before.rows, slot)) this.#rest(slot);
    else {
      this.#measureRow(isThere ? before : null, now, slot);
      this.#activate(slot);
    }
  }

  /** Its rates were known in the previous tick, and nothing is left to be settled. */
  #canRest({ rows }: Sample, slot: number): boolean {
    const { observedSeconds, diskBytes } = this.deltas;
    return (
      rows.state[slot] === ROW_ALIVE &&
      this.#unsettled[slot] === 0 &&
      observedSeconds[slot]! > 0 &&
      Number.isNaN(diskBytes[slot]!) === Number.isNaN(rows.readBytes[slot]!)
    );
  }

  #rest(slot: number): void {
    const { deltas } = this;
    if (deltas.atRest[slot] === 1) return;
    deltas.atRest[slot] = 1;
    deltas.cpuSeconds[slot] = 0;
    deltas.reapedCpuSeconds[slot] = 0;
    if (Number.isNaN(deltas.diskBytes[slot]!)) return;
    for (const { delta } of this.#io) delta[slot] = 0;
    deltas.diskBytes[slot] = 0;
    deltas.transferBytes[slot] = 0;
  }

  #activate(slot: number): void {
    this.deltas.atRest[slot] = 0;
    this.active[this.activeCount++] = slot;
  }

  #measureRow(before: Sample | null, now: Sample, slot: number): void {
    const { rows } = now;
    const earlier = before?.rows ?? null;
    const { deltas } = this;
    const born = earlier === null && rows.origin[slot] === ORIGIN_BIRTH;
    deltas.unit[slot] = rows.unit[slot]!;
    deltas.memoryBytes[slot] = rows.memoryBytes[slot]!;
    const own = knownOrZero(growthOf(rows.cpuNanos, earlier?.cpuNanos, born, slot));
    const reaped = knownOrZero(growthOf(rows.reapedNanos, earlier?.reapedNanos, born, slot));
    deltas.cpuSeconds[slot] = (own + this.#heldNanos[slot]!) / NANOS;
    this.#measureTime(before, now, slot, born);
    deltas.reapedCpuSeconds[slot] = this.#cpuBalance.claim(slot, reaped) / NANOS;
    const hasCredits = this.#hasCredits[slot] === 1;
    for (const { now: column, before, delta, balance } of this.#io) {
      const growth = growthOf(column, earlier === null ? undefined : before, born, slot);
      if (!hasCredits || Number.isNaN(growth)) {
        delta[slot] = growth;
        continue;
      }
      delta[slot] = balance.claim(slot, growth);
      balance.book(slot, delta[slot]!);
    }
  }

  /** Computes the observed time of a row, and the duration of its rates. */
  #measureTime(before: Sample | null, now: Sample, slot: number, born: boolean): void {
    const { observedSeconds, rateSeconds, cpuSeconds } = this.deltas;
    const readAt = timeAfter(now, now.rows.stamp[slot]!);
    if (before !== null && before.rows.state[slot] !== ROW_ZOMBIE) {
      const stamp = before.rows.stamp[slot]!;
      observedSeconds[slot] = readAt - timeAfter(before, stamp);
      rateSeconds[slot] = readAt - timeBefore(before, stamp);
    } else {
      const lived = Math.max(SHORTEST_SECONDS, readAt - now.identities[slot]!.bornAtSeconds);
      observedSeconds[slot] = rateSeconds[slot] = born ? lived : 0;
    }
    const threads = Math.max(now.rows.threads[slot]!, before?.rows.threads[slot] ?? 0);
    rateSeconds[slot] = secondsOfThreads(cpuSeconds[slot]!, rateSeconds[slot]!, threads);
  }

  /**
   * Clamps the claims of a measured row to the shares that its unit's cgroup has room for. `holds`: a later tick
   * decides about the excess, which remains a claim until then.
   */
  clampToCgroup(slot: number, ownShare: number, reapedShare: number, holds: boolean): void {
    const { deltas } = this;
    if (holds) {
      const own = deltas.cpuSeconds[slot]!;
      deltas.cpuSeconds[slot] = own * ownShare;
      deltas.reapedCpuSeconds[slot] = 0;
      this.#heldNanos[slot] = (own - deltas.cpuSeconds[slot]!) * NANOS;
    } else {
      deltas.clampToCgroup(slot, ownShare, reapedShare);
      this.#cpuBalance.book(slot, deltas.reapedCpuSeconds[slot]! * NANOS);
      this.#heldNanos[slot] = 0;
    }
    this.#unsettled[slot] = this.#isUnsettled(slot) ? 1 : 0;
  }

  #isUnsettled(slot: number): boolean {
    if (this.#heldNanos[slot]! > 0) return true;
    if (this.#credited.length === 0) return false;
    if (this.#cpuBalance.isUnsettled(slot)) return true;
    for (const { balance } of this.#io) if (balance.isUnsettled(slot)) return true;
    return false;
  }
}

/** Slots by PID: a process has a row in each unit that contains it (nested targets). */
class SlotsByPid {
  readonly #first = new Map<number, number>();
  /** By slot: the next slot of the same PID; -1: none. */
  #next = new Int32Array(0);

  first(pid: number): number {
    return this.#first.get(pid) ?? -1;
  }

  next(slot: number): number {
    return this.#next[slot]!;
  }

  find(pid: number, unit: number, rows: ProcessColumns): number | undefined {
    for (let slot = this.first(pid); slot >= 0; slot = this.#next[slot]!)
      if (rows.unit[slot] === unit) return slot;
    return undefined;
  }

  /** A reused PID replaces the earlier row in the same unit. */
  add(slot: number, rows: ProcessColumns): void {
    if (this.#next.length < rows.capacity) this.#next = grown(this.#next, rows.capacity);
    const pid = rows.pid[slot]!;
    const known = this.find(pid, rows.unit[slot]!, rows);
    if (known !== undefined) this.remove(known, rows);
    this.#next[slot] = this.first(pid);
    this.#first.set(pid, slot);
  }

  remove(slot: number, rows: ProcessColumns): void {
    const pid = rows.pid[slot]!;
    let before = this.first(pid);
    if (before === slot) {
      const next = this.#next[slot]!;
      if (next >= 0) this.#first.set(pid, next);
      else this.#first.delete(pid);
      return;
    }
    while (before >= 0 && this.#next[before] !== slot) before = this.#next[before]!;
    if (before >= 0) this.#next[before] = this.#next[slot]!;
  }
}

/** Unknown growth counts as 0. */
function knownOrZero(growth: number): number {
  return Number.isNaN(growth) ? 0 : growth;
}

function isReturn(before: number, now: number): boolean {
  return wasElsewhere(before) && (now === ROW_ALIVE || now === ROW_ZOMBIE);
}

/** Its CPU since then may have been used in another cgroup. */
function wasElsewhere(state: number): boolean {
  return state === ROW_FOREIGN_CHILD || state === ROW_LEFT;
}
