import {
  diskBytesOf,
  IO_COUNTERS,
  type IoBytes,
  type IoCounter,
  IoFields,
  transferBytesOf,
} from '../../host/proc/io.ts';
import type { ExitBatch, ProcessExit } from '../../sampling/exit-records.ts';
import { ROW_ENDED, ROW_FOREIGN_CHILD, ROW_ZOMBIE } from '../../sampling/process-columns.ts';
import type { ProcessEventBatch } from '../../sampling/process-events.ts';
import type { Sample } from '../../sampling/sample.ts';
import { OTHER_NAMES } from '../accounts/other.ts';
import type { ProcessAccount } from '../accounts/process-account.ts';
import type { UnitAccount } from '../accounts/unit-account.ts';
import { MOST_EXITED_NAMES } from '../document/exited-rows.ts';
import type { RunExited } from '../document/run-document.ts';
import type { Deltas } from '../measuring/deltas.ts';
import { ExitChains, NO_WAITER, type RecordedExit } from './exit-chains.ts';
import { ExitClaims } from './exit-claims.ts';
import { Lineage } from './lineage.ts';
import { RowsByPid } from './rows-by-pid.ts';

/** Processes of one unit that ended unseen, by name or by another key. */
class ExitedByName {
  readonly #byName = new Map<string, Named>();

  /** Counts an ended process. Its usage may follow by `bookCpu` and `bookBytes`. */
  count(exit: ProcessExit, name: string): void {
    const named = this.#named(name);
    named.count++;
    named.peakMemoryBytes = Math.max(named.peakMemoryBytes, exit.peakMemoryBytes);
    const { exitCode } = exit;
    if (exitCode !== null && exitCode !== 0)
      named.exitCodes.set(exitCode, (named.exitCodes.get(exitCode) ?? 0) + 1);
  }

  bookCpu(name: string, seconds: number): void {
    this.#named(name).cpuSeconds += seconds;
  }

  /** Marks the name's bytes as known, possibly 0. */
  knowBytes(name: string): void {
    this.#bytesOf(name);
  }

  bookBytes(name: string, column: IoCounter, bytes: number): void {
    this.#bytesOf(name)[column] += bytes;
  }

  /** Most CPU first; `name` is the key. */
  rows(): RunExited[] {
    const rows = [...this.#byName].map(([name, named]) => rowOf(name, named));
    return rows.sort((a, b) => b.cpuSeconds - a.cpuSeconds || b.count - a.count);
  }

  #bytesOf(name: string): IoBytes {
    const named = this.#named(name);
    named.bytes ??= new IoFields();
    return named.bytes;
  }

  #named(exitName: string): Named {
    const known = this.#byName.get(exitName);
    if (known !== undefined) return known;
    const name = this.#byName.size < MOST_EXITED_NAMES ? exitName : OTHER_NAMES;
    let named = this.#byName.get(name);
    if (named === undefined) {
      named = { count: 0, cpuSeconds: 0, bytes: null, peakMemoryBytes: 0, exitCodes: new Map() };
      this.#byName.set(name, named);
    }
    return named;
  }
}

const NANOS = 1e9;
/**
 * Processes of one unit that ended unseen: by the names in exit records, and by the sub-cgroup of the row that waited.
 */
class UnseenOfUnit {
  readonly byName = new ExitedByName();
  readonly bySubCgroup = new ExitedByName();
}

/** PID 1, and the kernel's parent of threads (PID 2): they adopt processes of any unit. */
const KERNEL_PARENTS = 2;

/** A process that ended unseen, with its birth and end by the kernel's events. Valid until the next tick. */
export interface UnseenLife {
  readonly exit: ProcessExit;
  readonly unit: number;
  /** Slot of the row that it descends from; below 0: none. */
  readonly slot: number;
  readonly bornAtSeconds: number;
  readonly endedAtSeconds: number;
}

const UNKNOWN_LIFE = { bornAtSeconds: Number.NaN, endedAtSeconds: Number.NaN };

interface ClaimsOfRow {
  readonly serial: number;
  readonly claims: ExitClaims;
}

/**
 * Assigns names to processes that ended unseen, from the kernel's exit records. Sums do not change: of the CPU and
 * bytes that a row has reaped, the share of its unseen descendants moves from the row to their names.
 */
export class UnseenExits {
  /** By unit. */
  readonly #byUnit: (UnseenOfUnit | undefined)[] = [];
  readonly #rowsByPid = new RowsByPid();
  readonly #lineage = new Lineage(this.#rowsByPid);
  readonly #chains = new ExitChains(this.#rowsByPid, this.#lineage);
  /** Unseen processes of this tick with known birth and end. */
  readonly placed: UnseenLife[] = [];
  /** By slot of the row that will pay. */
  #claims = new Map<number, ClaimsOfRow>();
  /** Records of the previous batch whose parents may be known by now. */
  #unplaced: RecordedExit[] = [];
  #paidShare = 1;
  #units: readonly UnitAccount[] = [];
  #identities: Sample['identities'] = [];
  /** Unit and sub-cgroup of the row that pays. */
  #unit = 0;
  #subCgroup = '';

  /** Rows of one unit, most CPU first. */
  rowsOf(unit: number): RunExited[] {
    return this.#byUnit[unit]?.byName.rows() ?? [];
  }

  /** The same processes by sub-cgroup, which is in `name`. */
  subCgroupsOf(unit: number): RunExited[] {
    return this.#byUnit[unit]?.bySubCgroup.rows() ?? [];
  }

  /** The unit lost its slot: later exits belong to another unit. */
  forget(unit: number): void {
    this.#byUnit[unit] = undefined;
  }

  /**
   * Takes the exits and process events since the previous sample. Call after the rows of the sample were measured and
   * have accounts.
   */
  gather(
    now: Sample,
    batch: ExitBatch,
    events: ProcessEventBatch,
    accounts: readonly (ProcessAccount | undefined)[],
    units: readonly UnitAccount[],
  ): void {
    this.placed.length = 0;
    this.#lineage.take(now, events);
    this.#noteTimes(now, accounts);
    this.#noteExecs(events, accounts);
    this.#units = units;
    this.#identities = now.identities;
    this.#paidShare = 1 - batch.lostShare;
    if (batch.exits.length === 0 && this.#unplaced.length === 0 && this.#claims.size === 0) {
      this.#chains.rest(now);
      return;
    }
    const earlier = this.#unplaced;
    this.#unplaced = [];
    const recorded = this.#chains.take(now, earlier, batch.exits);
    this.#carryClaims(now);
    for (const each of earlier) this.#place(now, each, accounts);
    for (const each of recorded) {
      if (this.#chains.isDoubtful(each)) this.#unplaced.push(each);
      else if (!this.#place(now, each, accounts) && each.exit.ppid > KERNEL_PARENTS)
        this.#unplaced.push(each);
    }
  }

  /** Rows that are new or have ended get the times of the events instead of those of the sample. */
  #noteTimes({ rows }: Sample, accounts: readonly (ProcessAccount | undefined)[]): void {
    for (const { slot, birth } of this.#lineage.news) {
      const hasEnded = rows.state[slot] === ROW_ENDED || rows.state[slot] === ROW_ZOMBIE;
      accounts[slot]?.noteLife(birth.bornAtSeconds, hasEnded ? birth.endedAtSeconds : Number.NaN);
    }
  }

  #noteExecs({ events, lost }: ProcessEventBatch, accounts: readonly (ProcessAccount | undefined)[]): void {
    if (lost > 0) return;
    for (const event of events) {
      if (event.kind !== 'exec') continue;
      const { pid, atSeconds } = event;
      for (let slot = this.#rowsByPid.first(pid); slot >= 0; slot = this.#rowsByPid.next(slot)) {
        const account = accounts[slot];
        // The PID may have been reused.
        if (account === undefined || account.bornAtSeconds > atSeconds) continue;
        if (account.endedAtSeconds === null || account.endedAtSeconds > atSeconds)
          account.noteExec(atSeconds);
      }
    }
  }

  /** Slots of rows that will pay, now or later. */
  get claimed(): Iterable<number> {
    return this.#claims.keys();
  }

  /**
   * Moves the share of unseen descendants out of a row's reaped CPU and bytes in this tick. `everReaped`: the row waits
   * for children, so its bytes include theirs. Returns whether anything was moved.
   */
  settle(slot: number, deltas: Deltas, everReaped: boolean): boolean {
    if (this.#claims.size === 0) return false;
    const claims = this.#claims.get(slot)?.claims;
    if (claims === undefined) return false;
    this.#paidBy(slot, deltas.unit[slot]!);
    if (everReaped && deltas.knowsBytes(slot)) {
      for (const name of claims.namesOfNewBytes()) this.#knowBytes(name);
      for (const [i, counter] of IO_COUNTERS.entries()) {
        const column = deltas.io[i]!;
        column[slot]! -= claims.payBytes(counter, column[slot]!, this.#bookBytes);
      }
    }
    const reaped = deltas.reapedCpuSeconds[slot]!;
    deltas.reapedCpuSeconds[slot] = Math.max(0, reaped - this.#payCpu(claims, reaped));
    return true;
  }

  /**
   * The same for CPU that unitledger itself waited for after the row in `slot` ended; returns the CPU booked to names.
   */
  settleTail(slot: number, unit: number, seconds: number): number {
    const claims = this.#claims.get(slot)?.claims;
    if (claims === undefined) return 0;
    this.#paidBy(slot, unit);
    return this.#payCpu(claims, seconds);
  }

  #paidBy(slot: number, unit: number): void {
    this.#unit = unit;
    this.#subCgroup = this.#identities[slot]?.subCgroup ?? '';
  }

  #payCpu(claims: ExitClaims, seconds: number): number {
    return claims.payCpu(seconds, this.#paidShare, this.#bookCpu);
  }

  /** Passes claims on ended rows to the process that waited for them, and drops expired claims. */
  #carryClaims(now: Sample): void {
    const before = this.#claims;
    this.#claims = new Map();
    for (const [slot, { serial, claims }] of before) {
      const isOther = now.rows.serial[slot] !== serial || now.rows.state[slot] === ROW_FOREIGN_CHILD;
      if (isOther) continue;
      claims.expire(now.tick);
      if (!claims.isEmpty) this.#claimsOn(now, slot).inherit(claims);
    }
  }

  /** Whether it is known which row the process belongs to: a row of its own, or a descendant of a row. */
  #place(now: Sample, recorded: RecordedExit, accounts: readonly (ProcessAccount | undefined)[]): boolean {
    const { rows, tick } = now;
    const { exit, slots, descents, birth } = recorded;
    for (const slot of slots) {
      accounts[slot]?.takeExit(exit);
      if (rows.state[slot] === ROW_FOREIGN_CHILD) continue;
      // Without a parent row, its final delta can only be in the CPU that unitledger waited for.
      const descent = descents.find(({ unit }) => unit === rows.unit[slot])?.slot ?? NO_WAITER;
      const parent = descent === NO_WAITER ? slot : descent;
      const readSeconds = rows.cpuNanos[slot]! / NANOS;
      this.#claimsOn(now, parent).addSeen(exit.cpuSeconds - readSeconds, tick);
    }
    for (const { unit, slot } of descents) {
      if (slots.length > 0 && slots.some((own) => rows.unit[own] === unit)) continue;
      const exited = this.#exitedOf(unit);
      exited.byName.count(exit, exit.name);
      exited.bySubCgroup.count(exit, now.identities[slot]?.subCgroup ?? '');
      if (slot !== NO_WAITER) this.#claimsOn(now, slot).add(exit, tick);
      const { bornAtSeconds, endedAtSeconds } = birth ?? UNKNOWN_LIFE;
      if (bornAtSeconds <= endedAtSeconds)
        this.placed.push({ exit, unit, slot, bornAtSeconds, endedAtSeconds });
    }
    return slots.length > 0 || descents.length > 0;
  }

  #claimsOn(now: Sample, slot: number): ExitClaims {
    const waiter = this.#chains.waiterOf(slot);
    let known = this.#claims.get(waiter);
    if (known === undefined) {
      known = { serial: now.rows.serial[waiter]!, claims: new ExitClaims() };
      this.#claims.set(waiter, known);
    }
    return known.claims;
  }

  #exitedOf(unit: number): UnseenOfUnit {
    this.#byUnit[unit] ??= new UnseenOfUnit();
    return this.#byUnit[unit];
  }

  #knowBytes(name: string): void {
    const { byName, bySubCgroup } = this.#exitedOf(this.#unit);
    byName.knowBytes(name);
    bySubCgroup.knowBytes(this.#subCgroup);
  }

  readonly #bookCpu = (name: string, seconds: number): void => {
    const { byName, bySubCgroup } = this.#exitedOf(this.#unit);
    byName.bookCpu(name, seconds);
    bySubCgroup.bookCpu(this.#subCgroup, seconds);
    this.#units[this.#unit]!.executables.of(name).cpuSeconds += seconds;
  };

  readonly #bookBytes = (name: string, column: IoCounter, bytes: number): void => {
    const { byName, bySubCgroup } = this.#exitedOf(this.#unit);
    byName.bookBytes(name, column, bytes);
    bySubCgroup.bookBytes(this.#subCgroup, column, bytes);
    this.#units[this.#unit]!.executables.of(name).bookBytes(column, bytes);
  };
}

interface Named {
  count: number;
  cpuSeconds: number;
  bytes: IoBytes | null;
  peakMemoryBytes: number;
  readonly exitCodes: Map<number, number>;
}

function rowOf(name: string, { count, cpuSeconds, bytes, peakMemoryBytes, exitCodes }: Named): RunExited {
  return {
    name,
    count,
    cpuSeconds,
    diskBytes: bytes && diskBytesOf(bytes),
    transferBytes: bytes && transferBytesOf(bytes),
    cancelledWriteBytes: bytes?.cancelledWriteBytes ?? null,
    peakMemoryBytes,
    apportioned: true,
    exitCodes: Object.fromEntries([...exitCodes].sort(([a], [b]) => a - b)),
  };
}
