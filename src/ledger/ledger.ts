import { type ExitBatch, NO_EXITS } from '../sampling/exit-records.ts';
import { ROW_ENDED, ROW_FOREIGN_CHILD, ROW_LEFT, ROW_ZOMBIE } from '../sampling/process-columns.ts';
import { NO_EVENTS, type ProcessEventBatch } from '../sampling/process-events.ts';
import type { InstanceReading, Sample } from '../sampling/sample.ts';
import { TickStamps } from '../sampling/tick-stamps.ts';
import { FigureTable } from './accounts/figure-table.ts';
import { restOf } from './accounts/pattern-units.ts';
import { ProcessAccount } from './accounts/process-account.ts';
import type { SeriesBudget } from './accounts/series-budget.ts';
import { ROUNDING_SECONDS, UnitAccount } from './accounts/unit-account.ts';
import { UnitCensus } from './accounts/unit-census.ts';
import { ProcessRangesAccount } from './accounts/window-ranges.ts';
import type { RunExited } from './document/run-document.ts';
import { UnseenExits } from './exits/unseen-exits.ts';
import type { Deltas } from './measuring/deltas.ts';
import { Measurement } from './measuring/measurement.ts';
import type { FinalDelta } from './measuring/outside-reaps.ts';
import type { Usage } from './measuring/usage.ts';

/** Part of the sampling interval. A shorter tick, such as the last one of a run, has too noisy rates. */
const LEAST_SHARE = 0.5;

/** A unit that lost its slot, with its processes that ended unseen, by name. */
export interface RetiredUnit {
  readonly place: number;
  readonly account: UnitAccount;
  readonly exited: readonly RunExited[];
}

/** What a unit's rows claim in the current tick, and the shares that the unit's cgroup has room for. */
class Claims {
  ownSeconds = 0;
  reapedSeconds = 0;
  ownShare = 1;
  reapedShare = 1;
  /** The cgroup's counter could not be read: a later tick decides about claims beyond its last reading. */
  holds = false;

  begin(): void {
    this.ownSeconds = 0;
    this.reapedSeconds = 0;
  }

  /**
   * `room`: CPU of the cgroup that nothing accounts for yet; NaN if its counter is unknown. `awaits`: the counter could
   * not be read, and another one (its slice's) will show its CPU.
   */
  settle(room: number, isCounterRead: boolean, awaits: boolean): void {
    const isKnown = !Number.isNaN(room);
    this.holds = !isCounterRead && (awaits || isKnown);
    const isBound = isCounterRead ? isKnown : awaits;
    this.ownShare = isBound ? shareOf(this.ownSeconds, isKnown ? room : 0) : 1;
    this.reapedShare = isKnown ? shareOf(this.reapedSeconds, room - this.ownSeconds) : 1;
  }
}

/** Share of `seconds` that fits into `room`. */
function shareOf(seconds: number, room: number): number {
  return seconds > 0 && seconds > room + ROUNDING_SECONDS ? Math.max(0, room) / seconds : 1;
}

/**
 * The books: computes from each sample and the previous one what every row used. Each CPU second and byte is booked
 * once.
 *
 * A row's own CPU comes from its own counters. CPU of unseen descendants comes from the parent that waited for them,
 * less what was booked to rows of their own (`Measurement`). Both are clamped to the CPU of the unit's cgroup: the
 * excess was used in other cgroups. CPU of no row stays unattributed.
 */
export class Ledger {
  readonly units: UnitAccount[] = [];
  /** Units that lost their slots to others in the last booked tick. */
  readonly retired: RetiredUnit[] = [];
  /** By slot: accounts of existing rows. */
  readonly accounts: (ProcessAccount | undefined)[] = [];
  /** Accounts of rows that ended in the last booked tick. */
  readonly ended: ProcessAccount[] = [];
  /** Accounts of rows that left their unit in the last booked tick: the process continues in another cgroup. */
  readonly left: ProcessAccount[] = [];
  /** By slot: accounts of all rows that left, as long as the process may return. */
  readonly #away = new Map<number, ProcessAccount>();
  /** Names of processes that ended unseen, from exit records. */
  readonly unseen = new UnseenExits();
  readonly #budget: SeriesBudget | undefined;
  readonly #keepsRanges: boolean;
  /** The next tick overwrites its columns. */
  readonly #stamps = new TickStamps<Usage>('usage', 1);
  #measurement = new Measurement();
  #before: Sample | null = null;
  readonly #table: FigureTable;
  readonly #leastRateSeconds: number;
  readonly #census = new UnitCensus();
  #liveSlots = new Int32Array(0);
  #liveCount = 0;
  /** By unit. */
  readonly #claims: Claims[] = [];
  readonly #instances: InstanceReading[][] = [];
  #instanceCounts = new Int32Array(0);

  /**
   * `budget`: limits which units, names and devices have series of their own. `keepsRanges`: keep minimum and maximum
   * of the samples of each export window. `intervalSeconds`: the requested sampling interval; rates over less than half
   * of it count for means only. 0: no limit.
   */
  constructor(budget?: SeriesBudget, keepsRanges = false, intervalSeconds = 0) {
    this.#leastRateSeconds = intervalSeconds * LEAST_SHARE;
    this.#table = new FigureTable(this.#leastRateSeconds);
    this.#budget = budget;
    this.#keepsRanges = keepsRanges;
  }

  /**
   * Books a sample, the exits since the previous one (`exits`, received after the sample was taken) and the process
   * events (`events`, received after `exits`). The result is valid until the next sample is booked.
   */
  book(now: Sample, exits: ExitBatch = NO_EXITS, events: ProcessEventBatch = NO_EVENTS): Usage {
    const before = this.#before;
    this.#table.beginTick(now.atSeconds, now.rows.capacity);
    this.#measurement.measure(before, now);
    this.#meet(now);
    this.unseen.gather(now, exits, events, this.accounts, this.units);
    for (const slot of this.unseen.claimed) this.#measurement.wake(slot);
    this.#gatherClaims();
    this.#bookUnits(now);
    this.#bookRows(now);
    this.#settleUnits(now);
    const intervalSeconds = before === null ? 0 : now.atSeconds - before.atSeconds;
    this.#before = now;
    return this.#stamps.stamp({
      tick: now.tick,
      atSeconds: now.atSeconds,
      wallMillis: now.unixMillis,
      intervalSeconds,
      leastRateSeconds: this.#leastRateSeconds,
      liveSlots: this.#liveSlots,
      liveCount: this.#liveCount,
      rows: this.#measurement.deltas,
      units: this.units,
    });
  }

  /**
   * Releases the data that only another sample would need, after the last one was booked; `accounts` and `units` are
   * kept.
   */
  release(): void {
    this.ended.length = 0;
    this.left.length = 0;
    this.#before = null;
    this.#measurement = new Measurement();
  }

  /** Opens accounts for new units and rows. */
  #meet(now: Sample): void {
    this.retired.length = 0;
    if (now.units !== this.#before?.units || now.origins !== this.#before.origins) this.#meetUnits(now);
    for (const slot of this.#measurement.met) {
      const identity = now.identities[slot]!;
      if (now.rows.state[slot] === ROW_FOREIGN_CHILD || this.accounts[slot]?.identity === identity) continue;
      this.#open(now, slot);
    }
    for (const slot of this.#measurement.returned) {
      const account = this.#away.get(slot);
      this.#away.delete(slot);
      if (account === undefined) this.#open(now, slot);
      else {
        account.reopen(this.#table, slot, this.units[account.unit]!.executables);
        this.accounts[slot] = account;
      }
    }
  }

  #open(now: Sample, slot: number): void {
    const { executables } = this.units[now.rows.unit[slot]!]!;
    const account = ProcessAccount.open(now, slot, executables, this.#table, this.#beforeUnixMillis(now));
    if (this.#keepsRanges) account.ranges = new ProcessRangesAccount(this.#leastRateSeconds);
    this.accounts[slot] = account;
  }

  /** Time of the previous sample; of `now` if it is the first. */
  #beforeUnixMillis(now: Sample): number {
    return this.#before?.unixMillis ?? now.unixMillis;
  }

  /** Accounts of existing rows, and of rows that may return. */
  *openAccounts(): Generator<ProcessAccount, void, undefined> {
    for (const account of this.accounts) if (account !== undefined) yield account;
    yield* this.#away.values();
  }

  #meetUnits(now: Sample): void {
    for (const [place, name] of now.units.entries()) {
      const origin = now.origins[place]!;
      const known = this.units[place];
      if (known?.origin.serial !== origin.serial) {
        if (known !== undefined) this.#retire(place, known);
        const unit = new UnitAccount(
          name,
          origin,
          this.#beforeUnixMillis(now),
          this.#budget,
          this.#keepsRanges,
        );
        this.units[place] = unit;
        if (!unit.hasSeries) this.#fold(unit);
        this.#instances[place] = [];
      }
      // An alias gets the name of its unit once the unit is found.
      else if (origin.kind === 'named') known.unit = name;
    }
    while (this.#claims.length < this.units.length) this.#claims.push(new Claims());
  }

  /** A unit that returns gets series again. If there is no room, it is folded from now on. */
  resumeSeries(unit: UnitAccount): void {
    if (!unit.resume()) this.#fold(unit);
  }

  #fold(unit: UnitAccount): void {
    // A pattern precedes the units that it matches.
    unit.foldedAs = restOf(this.units[unit.origin.pattern!]!.asked);
  }

  #retire(place: number, account: UnitAccount): void {
    account.release();
    this.retired.push({ place, account, exited: this.unseen.rowsOf(place) });
    this.unseen.forget(place);
  }

  /** Sums up the claims of the rows, before the room of their cgroups is known. */
  #gatherClaims(): void {
    const { deltas, active, activeCount } = this.#measurement;
    for (const claims of this.#claims) claims.begin();
    for (let i = 0; i < activeCount; i++) {
      const slot = active[i]!;
      const claims = this.#claims[deltas.unit[slot]!]!;
      claims.ownSeconds += deltas.cpuSeconds[slot]!;
      claims.reapedSeconds += deltas.reapedCpuSeconds[slot]!;
    }
  }

  /** Books each unit's own counter, and computes the room for the claims. */
  #bookUnits(now: Sample): void {
    this.#sortInstances(now);
    for (let index = 0; index < this.units.length; index++) {
      const unit = this.units[index]!;
      unit.takeInstances(this.#instances[index]!);
      if (unit.present) this.resumeSeries(unit);
      const ended = now.ended[index] ?? null;
      if (ended !== null) unit.takeEnded(ended);
      if (unit.isRest) unit.unit = restOf(unit.asked);
      this.#claims[index]!.settle(
        unit.roomSeconds,
        unit.isCounterRead,
        ended !== null && !unit.isCounterRead,
      );
    }
  }

  /** Puts the instances of the tick into the lists of their units, which keep their room. */
  #sortInstances({ instances }: Sample): void {
    const lists = this.#instances;
    if (this.#instanceCounts.length < lists.length) this.#instanceCounts = new Int32Array(2 * lists.length);
    const counts = this.#instanceCounts.fill(0);
    for (const instance of instances) lists[instance.unit]![counts[instance.unit]!++] = instance;
    for (let unit = 0; unit < lists.length; unit++) {
      const list = lists[unit]!;
      if (list.length > counts[unit]!) list.length = counts[unit]!;
    }
  }

  /** Books all active rows, clamped to their cgroups, and closes the accounts of rows that are gone. */
  #bookRows(now: Sample): void {
    const { rows } = now;
    const { deltas, active, activeCount, gone, returned } = this.#measurement;
    for (let i = 0; i < now.changedCount; i++) this.#follow(now, now.changed[i]!);
    this.#census.grow(rows.capacity);
    for (const slot of gone) if (rows.state[slot] === ROW_ENDED) this.#census.remove(slot);
    for (let i = 0; i < activeCount; i++) this.#bookRow(now, active[i]!);
    for (const delta of this.#measurement.outsideReaps.finalDeltas) this.#bookFinalDelta(delta);
    this.ended.length = 0;
    this.left.length = 0;
    for (const slot of gone) this.#close(now, slot);
    if (this.#measurement.met.length > 0 || gone.length > 0 || returned.length > 0) this.#listLiving(now);
    if (this.#keepsRanges) this.#addRangesAtRest(deltas);
  }

  #bookRow({ rows }: Sample, slot: number): void {
    const { deltas } = this.#measurement;
    const account = this.accounts[slot]!;
    const unit = this.units[account.unit]!;
    const { ownShare, reapedShare, holds } = this.#claims[account.unit]!;
    this.#measurement.clampToCgroup(slot, ownShare, reapedShare, holds);
    this.#census.count(slot, rows, deltas);
    if (rows.state[slot] === ROW_ZOMBIE) unit.exitedSeconds += deltas.cpuSeconds[slot]!;
    else unit.liveSeconds += deltas.cpuSeconds[slot]!;
    unit.reapedSeconds += deltas.reapedCpuSeconds[slot]!;
    const cancelled = deltas.cancelledWriteBytes(slot);
    if (!Number.isNaN(cancelled)) unit.cancelledWriteBytes = (unit.cancelledWriteBytes ?? 0) + cancelled;
    deltas.sumBytes(slot);
    unit.together.addBytes(deltas.diskBytes[slot]!, deltas.transferBytes[slot]!);
    if (this.unseen.settle(slot, deltas, rows.reapedNanos[slot]! > 0)) deltas.sumBytes(slot);
    this.#table.book(slot, deltas, rows);
    account.executable.book(deltas, slot);
    account.ranges?.add(deltas, slot);
  }

  /** Ends the tick for the units, after their rows are booked. */
  #settleUnits(now: Sample): void {
    const { outsideReaps } = this.#measurement;
    for (let index = 0; index < this.units.length; index++) {
      const unit = this.units[index]!;
      unit.raiseTotal();
      unit.explainUnattributed(outsideReaps.seconds[index] ?? 0);
      unit.takeCount(this.#census.of(index));
    }
    for (let index = 0; index < this.units.length; index++)
      this.units[index]!.endTick(now, this.#before, this.#instances[index]!, this.#leastRateSeconds);
  }

  /** Books the CPU that a command started by unitledger used after its row was last read, clamped to its cgroup. */
  #bookFinalDelta({ slot, unit: index, seconds: used }: FinalDelta): void {
    const account = this.accounts[slot];
    if (account === undefined) return;
    const unit = this.units[index]!;
    const room = unit.roomSeconds;
    const seconds = Number.isNaN(room) ? used : Math.min(used, Math.max(0, room));
    account.bookReaped(seconds - this.unseen.settleTail(slot, index, seconds));
    unit.reapedSeconds += seconds;
  }

  /** Names and details of a row may change without any other change. */
  #follow(now: Sample, slot: number): void {
    const account = this.accounts[slot];
    if (account === undefined || now.rows.state[slot] === ROW_ENDED) return;
    if (now.rows.state[slot] === ROW_ZOMBIE) account.noteZombie(now.atSeconds);
    account.followProgram(this.units[account.unit]!.executables);
    if (now.details !== null) account.details?.take(now.details, slot);
  }

  /** A row that left may return: its account is kept until then, or until the process ends. */
  #close(now: Sample, slot: number): void {
    const account = this.accounts[slot] ?? this.#away.get(slot);
    // Foreign children have no account.
    if (account === undefined) return;
    account.close(now.atSeconds, now.rows.state[slot] === ROW_LEFT);
    this.accounts[slot] = undefined;
    if (account.isAway) {
      this.#away.set(slot, account);
      this.left.push(account);
    } else {
      this.#away.delete(slot);
      this.ended.push(account);
    }
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
