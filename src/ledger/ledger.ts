import { type ExitBatch, NO_EXITS } from '../sampling/exit-records.ts';
import { ROW_ENDED, ROW_SHADOW, ROW_ZOMBIE } from '../sampling/process-columns.ts';
import type { InstanceReading, Sample } from '../sampling/sample.ts';
import { FigureTable } from './accounts/figure-table.ts';
import { restOf } from './accounts/pattern-units.ts';
import { ProcessAccount } from './accounts/process-account.ts';
import type { SeriesBudget } from './accounts/series-budget.ts';
import { UnitAccount } from './accounts/unit-account.ts';
import { UnitCensus } from './accounts/unit-census.ts';
import { ProcessRangesAccount } from './accounts/window-ranges.ts';
import type { RunExited } from './document/run-document.ts';
import { UnseenExits } from './exits/unseen-exits.ts';
import type { Deltas } from './measuring/deltas.ts';
import { Measurement } from './measuring/measurement.ts';
import type { Tail } from './measuring/outside-reaps.ts';
import type { Usage } from './measuring/usage.ts';

/** `cutime` and `cstime` are cut down to ticks, so what a row reaped is exact to two of them. */
const TOLERANCE_SECONDS = 0.02;

/** A unit that has left its place, with what ended unseen of it, by name. */
export interface RetiredUnit {
  readonly place: number;
  readonly account: UnitAccount;
  readonly exited: readonly RunExited[];
}

/**
 * The books: turns each sample and the one before into what every row used, each CPU second and byte once.
 *
 * A row's own CPU comes from its own counters. CPU of descendants that nobody saw comes from the parent that waited
 * for them, less what was booked to rows of their own (`Measurement`), and never more than the unit's cgroup says was
 * used: what goes beyond is of children that lived elsewhere. What no row accounts for stays unattributed.
 */
export class Ledger {
  readonly units: UnitAccount[] = [];
  /** Units that have left their places to others with the tick last booked. */
  readonly retired: RetiredUnit[] = [];
  /** By slot: the accounts of rows that are there. */
  readonly accounts: (ProcessAccount | undefined)[] = [];
  /** Accounts of rows that ended or left in the tick last booked. */
  readonly ended: ProcessAccount[] = [];
  /** Names of what ended unseen, where there are exit records. */
  readonly unseen = new UnseenExits();
  readonly #budget: SeriesBudget | undefined;
  readonly #keepsRanges: boolean;
  readonly #measurement = new Measurement();
  #before: Sample | null = null;
  readonly #table = new FigureTable();
  readonly #census = new UnitCensus();
  #liveSlots = new Int32Array(0);
  #liveCount = 0;
  /** By unit, for the tick at hand: CPU said to be reaped, and the share that is kept. */
  #reapedSeconds = new Float64Array(0);
  #kept = new Float64Array(0);
  readonly #instances: InstanceReading[][] = [];

  /**
   * `budget`: what units, names and devices may have series of their own. `keepsRanges`: the lowest and the highest of the
   * samples are kept from one export window to the next.
   */
  constructor(budget?: SeriesBudget, keepsRanges = false) {
    this.#budget = budget;
    this.#keepsRanges = keepsRanges;
  }

  /**
   * Books a sample, and with it what ended since the one before (`exits`, received after the sample was taken). What it
   * returns is good until the next is booked.
   */
  book(now: Sample, exits: ExitBatch = NO_EXITS): Usage {
    const before = this.#before;
    this.#table.beginTick(now.atSeconds, now.unixMillis, now.rows.capacity);
    this.#measurement.measure(before, now);
    this.#meet(now);
    this.unseen.gather(now, exits, this.accounts, this.units);
    for (const slot of this.unseen.claimed) this.#measurement.wake(slot);
    this.#bookOwn(now);
    this.#bookUnits(now);
    this.#bookRows(now);
    const moment = { unixMillis: now.unixMillis, atSeconds: now.atSeconds };
    const intervalSeconds = before === null ? 0 : now.atSeconds - before.atSeconds;
    for (const unit of this.units) unit.endTick(intervalSeconds, moment);
    this.#before = now;
    return {
      tick: now.tick,
      atSeconds: now.atSeconds,
      wallMillis: now.unixMillis,
      intervalSeconds,
      liveSlots: this.#liveSlots,
      liveCount: this.#liveCount,
      rows: this.#measurement.deltas,
      units: this.units,
    };
  }

  /** Opens accounts for units and rows that were not there before. */
  #meet(now: Sample): void {
    this.retired.length = 0;
    if (now.units !== this.#before?.units || now.origins !== this.#before.origins) this.#meetUnits(now);
    for (const slot of this.#measurement.met) {
      const identity = now.identities[slot]!;
      if (now.rows.state[slot] === ROW_SHADOW || this.accounts[slot]?.identity === identity) continue;
      const { executables } = this.units[now.rows.unit[slot]!]!;
      const account = ProcessAccount.open(now, slot, executables, this.#table);
      if (this.#keepsRanges) account.ranges = new ProcessRangesAccount();
      this.accounts[slot] = account;
    }
  }

  #meetUnits(now: Sample): void {
    for (const [place, name] of now.units.entries()) {
      const origin = now.origins[place]!;
      const known = this.units[place];
      if (known?.origin.serial !== origin.serial) {
        if (known !== undefined) this.#retire(place, known);
        const unit = new UnitAccount(name, origin, this.#budget, this.#keepsRanges);
        // A pattern stands before what it finds.
        if (!unit.hasSeries) unit.foldedAs = restOf(this.units[origin.pattern!]!.asked);
        this.units[place] = unit;
        this.#instances[place] = [];
      }
      // An alias is known by the unit that it stands for once that is found.
      else if (origin.kind === 'named') known.unit = name;
    }
    this.#reapedSeconds = new Float64Array(this.units.length);
    this.#kept = new Float64Array(this.units.length);
  }

  #retire(place: number, account: UnitAccount): void {
    account.release();
    this.retired.push({ place, account, exited: this.unseen.rowsOf(place) });
    this.unseen.forget(place);
  }

  /** Books own CPU to the units, and gathers what their rows say they reaped. */
  #bookOwn(now: Sample): void {
    const { rows } = now;
    const { deltas, active, activeCount, gone } = this.#measurement;
    this.#reapedSeconds.fill(0);
    this.#census.grow(rows.capacity);
    for (const slot of gone) if (rows.state[slot] === ROW_ENDED) this.#census.remove(slot);
    for (let i = 0; i < activeCount; i++) {
      const slot = active[i]!;
      const index = rows.unit[slot]!;
      const state = rows.state[slot]!;
      this.#census.count(slot, rows, deltas);
      const cpuSeconds = deltas.cpuSeconds[slot]!;
      const unit = this.units[index]!;
      if (state === ROW_ZOMBIE) unit.exitedSeconds += cpuSeconds;
      else unit.liveSeconds += cpuSeconds;
      this.#reapedSeconds[index]! += deltas.reapedCpuSeconds[slot]!;
    }
  }

  /** Takes each unit's own counter, and with it the share of the reaped CPU that its cgroup has room for. */
  #bookUnits(now: Sample): void {
    for (const instances of this.#instances) instances.length = 0;
    for (const instance of now.instances) this.#instances[instance.unit]!.push(instance);
    for (let index = 0; index < this.units.length; index++) {
      const unit = this.units[index]!;
      unit.takeInstances(this.#instances[index]!, now.unixMillis);
      if (unit.origin.kind === 'pattern' && unit.present) unit.unit = restOf(unit.asked);
      const ended = now.ended[index] ?? null;
      if (ended !== null) unit.takeEnded(ended, now.unixMillis);
      const reaped = this.#reapedSeconds[index]!;
      // Cumulative figures on both sides: per tick they lag behind each other. NaN compares false: all is kept.
      const tolerance = this.#census.of(index).reapers * TOLERANCE_SECONDS;
      const room = Math.max(0, unit.totalSeconds - unit.attributedSeconds + tolerance);
      const kept = reaped > room ? room / reaped : 1;
      this.#kept[index] = kept;
      unit.reapedSeconds += reaped * kept;
      for (const tail of this.#measurement.outsideReaps.tails) {
        if (tail.unit === index) this.#bookTail(unit, tail, room - reaped * kept);
      }
      unit.explainUnattributed(this.#measurement.outsideReaps.seconds[index] ?? 0);
    }
  }

  /** What a command of this program's own used after its row was last read. */
  #bookTail(unit: UnitAccount, tail: Tail, room: number): void {
    const account = this.accounts[tail.slot];
    const seconds = Number.isNaN(room) ? tail.seconds : Math.min(tail.seconds, Math.max(0, room));
    if (account === undefined) return;
    account.bookReaped(seconds - this.unseen.settleTail(tail.slot, tail.unit, seconds));
    unit.reapedSeconds += seconds;
  }

  /** Cuts what is foreign, books the rows that do not rest to their accounts, and closes those of rows that are gone. */
  #bookRows(now: Sample): void {
    const { deltas, active, activeCount, gone, met } = this.#measurement;
    for (let i = 0; i < now.changedCount; i++) this.#follow(now, now.changed[i]!);
    for (let i = 0; i < activeCount; i++) {
      const slot = active[i]!;
      const account = this.accounts[slot]!;
      deltas.cutForeign(slot, this.#kept[deltas.unit[slot]!]!);
      this.units[account.unit]!.together.addBytes(
        deltas.readBytes[slot]! + deltas.writeBytes[slot]!,
        deltas.readChars[slot]! + deltas.writeChars[slot]!,
      );
      this.unseen.settle(slot, deltas, now.rows.reapedNanos[slot]! > 0);
      deltas.diskBytes[slot] = deltas.readBytes[slot]! + deltas.writeBytes[slot]!;
      deltas.transferBytes[slot] = deltas.readChars[slot]! + deltas.writeChars[slot]!;
      this.#table.book(slot, deltas, now.rows);
      account.executable.book(deltas, slot);
      account.ranges?.add(deltas, slot);
    }
    this.ended.length = 0;
    for (const slot of gone) this.#close(now, slot);
    if (met.length > 0 || gone.length > 0) this.#listLiving(now);
    for (let index = 0; index < this.units.length; index++) {
      this.units[index]!.takeCount(this.#census.of(index));
    }
    if (this.#keepsRanges) this.#addRangesAtRest(deltas);
  }

  /** What a row is called, and its details, may be new without anything else. */
  #follow(now: Sample, slot: number): void {
    const account = this.accounts[slot];
    if (account === undefined || now.rows.state[slot] === ROW_ENDED) return;
    account.followProgram(this.units[account.unit]!.executables);
    if (now.details !== null) account.details?.take(now.details, slot);
  }

  #close(now: Sample, slot: number): void {
    const account = this.accounts[slot];
    // Shadows have none.
    if (account === undefined) return;
    account.close(now.unixMillis);
    this.ended.push(account);
    this.accounts[slot] = undefined;
    this.#census.remove(slot);
  }

  #listLiving({ rows, slots, count }: Sample): void {
    if (this.#liveSlots.length < rows.capacity) this.#liveSlots = new Int32Array(rows.capacity);
    this.#liveCount = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (this.accounts[slot] !== undefined) this.#liveSlots[this.#liveCount++] = slot;
    }
  }

  #addRangesAtRest(deltas: Deltas): void {
    for (let i = 0; i < this.#liveCount; i++) {
      const slot = this.#liveSlots[i]!;
      if (deltas.atRest[slot] === 1) this.accounts[slot]!.ranges!.add(deltas, slot);
    }
  }
}
