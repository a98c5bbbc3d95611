import { known, knownGrowth, knownHighest, knownSum } from '../../../ledger/accounts/known.ts';
import type { ProcessAccount } from '../../../ledger/accounts/process-account.ts';
import { MOST_EXITED_NAMES } from '../../../ledger/document/exited-rows.ts';
import type { RunExited } from '../../../ledger/document/run-document.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Usage } from '../../../ledger/measuring/usage.ts';
import { ExitedFold } from '../../../ledger/run/exited-fold.ts';
import type { LiveName } from './frame.ts';

/** CPU seconds and bytes since the watch began. */
class Amounts {
  cpuSeconds = 0;
  diskBytes: number | null = null;
  transferBytes: number | null = null;
}

/** What a process came to when it was last looked at, and in which tick that was. */
class Booked extends Amounts {
  tick = 0;
}

/** One name of a unit in the tick at hand. */
class NameSums {
  count = 0;
  running = 0;
  cpuSeconds = 0;
  reapedCpuSeconds = 0;
  memoryBytes: number | null = null;
  peakMemoryBytes: number | null = null;
  threads: number | null = null;
  /** In this tick. */
  readonly grown = new Amounts();

  grow(cpuSeconds: number, diskBytes: number | null, transferBytes: number | null): void {
    this.grown.cpuSeconds += cpuSeconds;
    this.grown.diskBytes = knownSum(this.grown.diskBytes, diskBytes);
    this.grown.transferBytes = knownSum(this.grown.transferBytes, transferBytes);
  }
}

/** Processes of one unit that had rows and have ended. */
interface Ended {
  readonly fold: ExitedFold;
  /** By name; null: to be asked again. */
  rows: readonly RunExited[] | null;
  /** CPU of children that they waited for, by name. */
  readonly reapedSeconds: Map<string, number>;
}

type Names = Map<string, NameSums>;

/** Processes of each unit by name, as the run's summary has them at its end, in every tick of a run. */
export class LedgerNames {
  readonly #ledger: Ledger;
  readonly #booked = new Map<ProcessAccount, Booked>();
  /** By serial of the unit: processes that had rows and have ended. */
  readonly #ended = new Map<number, Ended>();
  /** By serial of the unit: what ended unseen, as of the tick before. */
  #unseenBefore = new Map<number, ReadonlyMap<string, RunExited>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The names of each unit, by its serial, in the tick that was just booked. To be called once a tick. */
  take(usage: Usage): ReadonlyMap<number, readonly LiveName[]> {
    const { retired, ended, units } = this.#ledger;
    for (const { account } of retired) this.#ended.delete(account.origin.serial);
    const byUnit = new Map<number, Names>();
    for (const { origin } of units) byUnit.set(origin.serial, new Map());
    const namesOf = ({ unit }: ProcessAccount) => byUnit.get(units[unit]!.origin.serial)!;
    for (const account of ended) {
      this.#grow(namesOf(account), account, usage.tick);
      this.#booked.delete(account);
      this.#foldEnded(account, units[account.unit]!.origin.serial);
    }
    for (const account of this.#ledger.openAccounts()) {
      const sums = this.#grow(namesOf(account), account, usage.tick);
      addLiving(sums, account);
    }
    for (const [account, { tick }] of this.#booked) if (tick !== usage.tick) this.#booked.delete(account);
    this.#addEnded(byUnit);
    this.#addUnseen(byUnit);
    return new Map(
      units.map(({ origin, rateSeconds }) => [
        origin.serial,
        [...byUnit.get(origin.serial)!].map(([name, sums]) =>
          nameOf(name, sums, rateSeconds, usage.intervalSeconds),
        ),
      ]),
    );
  }

  /** Adds what a process used since it was last looked at to its name. */
  #grow(names: Names, account: ProcessAccount, tick: number): NameSums {
    let booked = this.#booked.get(account);
    if (booked === undefined) {
      booked = new Booked();
      this.#booked.set(account, booked);
    }
    const cpuSeconds = account.cpuSeconds + account.reapedCpuSeconds;
    const { diskBytes, transferBytes } = account;
    const sums = sumsOf(names, account.name);
    sums.grow(
      cpuSeconds - booked.cpuSeconds,
      knownGrowth(diskBytes, booked.diskBytes),
      knownGrowth(transferBytes, booked.transferBytes),
    );
    booked.cpuSeconds = cpuSeconds;
    booked.diskBytes = diskBytes;
    booked.transferBytes = transferBytes;
    booked.tick = tick;
    return sums;
  }

  #foldEnded(account: ProcessAccount, serial: number): void {
    let ended = this.#ended.get(serial);
    if (ended === undefined) {
      ended = { fold: new ExitedFold(), rows: null, reapedSeconds: new Map() };
      this.#ended.set(serial, ended);
    }
    ended.fold.fold(account);
    ended.rows = null;
    const { name, reapedCpuSeconds } = account;
    const known = ended.reapedSeconds.get(name);
    if (reapedCpuSeconds > 0 && (known !== undefined || ended.reapedSeconds.size < MOST_EXITED_NAMES))
      ended.reapedSeconds.set(name, (known ?? 0) + reapedCpuSeconds);
  }

  #addEnded(byUnit: ReadonlyMap<number, Names>): void {
    for (const [serial, ended] of this.#ended) {
      const names = byUnit.get(serial);
      if (names === undefined) continue;
      ended.rows ??= ended.fold.rows();
      for (const row of ended.rows) {
        const sums = sumsOf(names, row.name);
        addExited(sums, row);
        sums.reapedCpuSeconds += ended.reapedSeconds.get(row.name) ?? 0;
      }
    }
  }

  #addUnseen(byUnit: ReadonlyMap<number, Names>): void {
    const before = this.#unseenBefore;
    this.#unseenBefore = new Map();
    for (const [place, { origin }] of this.#ledger.units.entries()) {
      const rows = this.#ledger.unseen.rowsOf(place);
      if (rows.length === 0) continue;
      const rowsBefore = before.get(origin.serial);
      for (const row of rows) {
        const sums = sumsOf(byUnit.get(origin.serial)!, row.name);
        const known = rowsBefore?.get(row.name);
        addExited(sums, row);
        sums.grow(
          row.cpuSeconds - (known?.cpuSeconds ?? 0),
          knownGrowth(row.diskBytes, known?.diskBytes ?? null),
          knownGrowth(row.transferBytes, known?.transferBytes ?? null),
        );
      }
      this.#unseenBefore.set(origin.serial, new Map(rows.map((row) => [row.name, row])));
    }
  }
}

function sumsOf(names: Names, name: string): NameSums {
  let sums = names.get(name);
  if (sums === undefined) {
    sums = new NameSums();
    names.set(name, sums);
  }
  return sums;
}

/** A process with a row; it may be a zombie, or away in another cgroup. */
function addLiving(sums: NameSums, account: ProcessAccount): void {
  sums.count++;
  sums.cpuSeconds += account.cpuSeconds + account.reapedCpuSeconds;
  sums.reapedCpuSeconds += account.reapedCpuSeconds;
  sums.peakMemoryBytes = knownHighest(sums.peakMemoryBytes, known(account.peakMemoryBytes));
  if (account.endedAtSeconds !== null) return;
  sums.running++;
  sums.memoryBytes = knownSum(sums.memoryBytes, known(account.memoryBytes));
  sums.threads = knownSum(sums.threads, account.threads || null);
}

function addExited(sums: NameSums, row: RunExited): void {
  sums.count += row.count;
  sums.cpuSeconds += row.cpuSeconds;
  sums.peakMemoryBytes = knownHighest(sums.peakMemoryBytes, row.peakMemoryBytes);
}

function nameOf(name: string, sums: NameSums, rateSeconds: number, intervalSeconds: number): LiveName {
  const { grown } = sums;
  const hasRate = intervalSeconds > 0;
  const cpuInterval = rateSeconds > 0 ? rateSeconds : intervalSeconds;
  return {
    name,
    count: sums.count,
    running: sums.running,
    cpuPercent: hasRate ? (100 * Math.max(0, grown.cpuSeconds)) / cpuInterval : null,
    cpuSeconds: sums.cpuSeconds,
    reapedCpuSeconds: sums.reapedCpuSeconds,
    memoryBytes: sums.memoryBytes,
    peakMemoryBytes: sums.peakMemoryBytes,
    diskBytesPerSecond: rateOf(grown.diskBytes, intervalSeconds),
    transferBytesPerSecond: rateOf(grown.transferBytes, intervalSeconds),
    threads: sums.threads,
  };
}

/** Corrections of a tick before may be negative; a rate is not. */
function rateOf(bytes: number | null, intervalSeconds: number): number | null {
  return bytes === null || intervalSeconds <= 0 ? null : Math.max(0, bytes) / intervalSeconds;
}
