import { nullableGrowth, nullableMax, nullableSum, orNull } from '../../../host/nullable.ts';
import type { ProcessAccount } from '../../../ledger/accounts/process-account.ts';
import type { UnitAccount } from '../../../ledger/accounts/unit-account.ts';
import { cpuOf, MOST_EXITED_NAMES } from '../../../ledger/document/exited-rows.ts';
import type { RunExited } from '../../../ledger/document/run-document.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Usage } from '../../../ledger/measuring/usage.ts';
import { ExitedFold } from '../../../ledger/run/exited-fold.ts';
import type { LiveName } from './frame.ts';

/** CPU seconds and bytes since the start of the run. */
class Amounts {
  cpuSeconds = 0;
  diskBytes: number | null = null;
  transferBytes: number | null = null;
}

/** Totals of a process at the last look, and the tick of that look. */
class Booked extends Amounts {
  tick = 0;
}

/** One name of a unit in the current tick. */
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
    this.grown.diskBytes = nullableSum(this.grown.diskBytes, diskBytes);
    this.grown.transferBytes = nullableSum(this.grown.transferBytes, transferBytes);
  }
}

/** Processes of one unit that had rows and have ended. */
interface Ended {
  readonly fold: ExitedFold;
  /** By name; null: to be computed again. */
  rows: readonly RunExited[] | null;
  /** CPU of children that they waited for, by name. */
  readonly reapedSeconds: Map<string, number>;
}

type Names = Map<string, NameSums>;

/** How processes of a unit are grouped: a key of each, and rows for those that ended unseen. */
interface Grouping {
  keyOf(account: ProcessAccount): string;
  unseenOf(place: number): readonly RunExited[];
}

/** Processes of each unit by one key. */
class Groups {
  readonly #grouping: Grouping;
  /** By serial of the unit: processes that had rows and have ended. */
  readonly #ended = new Map<number, Ended>();
  /** By serial of the unit: processes that ended unseen, up to the previous tick. */
  #unseenBefore = new Map<number, ReadonlyMap<string, RunExited>>();
  #byUnit = new Map<number, Names>();

  constructor(grouping: Grouping) {
    this.#grouping = grouping;
  }

  begin({ units, retired }: Ledger): void {
    for (const { account } of retired) this.#ended.delete(account.origin.serial);
    this.#byUnit = new Map();
    for (const { origin } of units) this.#byUnit.set(origin.serial, new Map());
  }

  /** Adds the use of a process in this tick. */
  grow(serial: number, account: ProcessAccount, grown: Readonly<Amounts>): NameSums {
    const sums = sumsOf(this.#byUnit.get(serial)!, this.#grouping.keyOf(account));
    sums.grow(grown.cpuSeconds, grown.diskBytes, grown.transferBytes);
    return sums;
  }

  /** A process has ended. */
  fold(serial: number, account: ProcessAccount): void {
    let ended = this.#ended.get(serial);
    if (ended === undefined) {
      ended = { fold: new ExitedFold(), rows: null, reapedSeconds: new Map() };
      this.#ended.set(serial, ended);
    }
    const key = this.#grouping.keyOf(account);
    ended.fold.fold(account, key);
    ended.rows = null;
    const { reapedCpuSeconds } = account;
    const known = ended.reapedSeconds.get(key);
    if (reapedCpuSeconds > 0 && (known !== undefined || ended.reapedSeconds.size < MOST_EXITED_NAMES))
      ended.reapedSeconds.set(key, (known ?? 0) + reapedCpuSeconds);
  }

  /** Adds ended processes, after the live ones were added. */
  end({ units }: Ledger): void {
    this.#addEnded();
    const before = this.#unseenBefore;
    this.#unseenBefore = new Map();
    for (const [place, { origin }] of units.entries()) {
      const rows = this.#grouping.unseenOf(place);
      if (rows.length === 0) continue;
      addUnseen(this.#byUnit.get(origin.serial)!, rows, before.get(origin.serial));
      this.#unseenBefore.set(origin.serial, new Map(rows.map((row) => [row.name, row])));
    }
  }

  of(serial: number): Names {
    return this.#byUnit.get(serial)!;
  }

  #addEnded(): void {
    for (const [serial, ended] of this.#ended) {
      const names = this.#byUnit.get(serial);
      if (names === undefined) continue;
      ended.rows ??= ended.fold.rows();
      for (const row of ended.rows) {
        const sums = sumsOf(names, row.name);
        addExited(sums, row);
        sums.reapedCpuSeconds += ended.reapedSeconds.get(row.name) ?? 0;
      }
    }
  }
}

/** Sums over the processes of a unit. */
export interface UnitGroups {
  readonly names: readonly LiveName[];
  /** By sub-cgroup, with its path as the name; empty if all are in one. */
  readonly subCgroups: readonly LiveName[];
}

/** Processes of each unit by name and by sub-cgroup, in every tick, with the values that the summary has at the end. */
export class LedgerNames {
  readonly #ledger: Ledger;
  readonly #booked = new Map<ProcessAccount, Booked>();
  readonly #names: Groups;
  readonly #subCgroups: Groups;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#names = new Groups({
      keyOf: ({ name }) => name,
      unseenOf: (place) => ledger.unseen.rowsOf(place),
    });
    this.#subCgroups = new Groups({
      keyOf: ({ identity }) => identity.subCgroup,
      unseenOf: (place) => ledger.unseen.subCgroupsOf(place),
    });
  }

  /** The groups of each unit, by its serial, in the tick that was just booked. Call once per tick. */
  take(usage: Usage): ReadonlyMap<number, UnitGroups> {
    const { ended, units } = this.#ledger;
    const groupings = [this.#names, this.#subCgroups];
    for (const groups of groupings) groups.begin(this.#ledger);
    const serialOf = ({ unit }: ProcessAccount) => units[unit]!.origin.serial;
    for (const account of ended) {
      const grown = this.#grownOf(account, usage.tick);
      this.#booked.delete(account);
      for (const groups of groupings) {
        groups.grow(serialOf(account), account, grown);
        groups.fold(serialOf(account), account);
      }
    }
    for (const account of this.#ledger.openAccounts()) {
      const grown = this.#grownOf(account, usage.tick);
      for (const groups of groupings) addLiving(groups.grow(serialOf(account), account, grown), account);
    }
    for (const [account, { tick }] of this.#booked) if (tick !== usage.tick) this.#booked.delete(account);
    for (const groups of groupings) groups.end(this.#ledger);
    return new Map(units.map((unit) => [unit.origin.serial, this.#groupsOf(unit, usage)]));
  }

  #groupsOf({ origin, rateSeconds }: UnitAccount, { intervalSeconds }: Usage): UnitGroups {
    const rowsOf = (groups: Names) =>
      [...groups].map(([name, sums]) => nameOf(name, sums, rateSeconds, intervalSeconds));
    const subCgroups = this.#subCgroups.of(origin.serial);
    // Units that share the slot of their pattern have different cgroups.
    const hasSeveral = subCgroups.size > 1 && origin.kind !== 'pattern';
    return {
      names: rowsOf(this.#names.of(origin.serial)),
      subCgroups: hasSeveral ? rowsOf(subCgroups) : [],
    };
  }

  /** Use of a process since the last look. */
  #grownOf(account: ProcessAccount, tick: number): Readonly<Amounts> {
    let booked = this.#booked.get(account);
    if (booked === undefined) {
      booked = new Booked();
      this.#booked.set(account, booked);
    }
    const cpuSeconds = cpuOf(account);
    const { diskBytes, transferBytes } = account;
    const grown = {
      cpuSeconds: cpuSeconds - booked.cpuSeconds,
      diskBytes: nullableGrowth(diskBytes, booked.diskBytes),
      transferBytes: nullableGrowth(transferBytes, booked.transferBytes),
    };
    booked.cpuSeconds = cpuSeconds;
    booked.diskBytes = diskBytes;
    booked.transferBytes = transferBytes;
    booked.tick = tick;
    return grown;
  }
}

/** `before`: the same rows in the previous tick. */
function addUnseen(
  names: Names,
  rows: readonly RunExited[],
  before: ReadonlyMap<string, RunExited> | undefined,
): void {
  for (const row of rows) {
    const sums = sumsOf(names, row.name);
    const known = before?.get(row.name);
    addExited(sums, row);
    sums.grow(
      row.cpuSeconds - (known?.cpuSeconds ?? 0),
      nullableGrowth(row.diskBytes, known?.diskBytes ?? null),
      nullableGrowth(row.transferBytes, known?.transferBytes ?? null),
    );
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

/** A process with a row; it may be a zombie, or in another cgroup. */
function addLiving(sums: NameSums, account: ProcessAccount): void {
  sums.count++;
  sums.cpuSeconds += cpuOf(account);
  sums.reapedCpuSeconds += account.reapedCpuSeconds;
  sums.peakMemoryBytes = nullableMax(sums.peakMemoryBytes, orNull(account.peakMemoryBytes));
  if (account.endedAtSeconds !== null) return;
  sums.running++;
  sums.memoryBytes = nullableSum(sums.memoryBytes, orNull(account.memoryBytes));
  sums.threads = nullableSum(sums.threads, account.threads || null);
}

function addExited(sums: NameSums, row: RunExited): void {
  sums.count += row.count;
  sums.cpuSeconds += row.cpuSeconds;
  sums.peakMemoryBytes = nullableMax(sums.peakMemoryBytes, row.peakMemoryBytes);
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

/** Corrections of a previous tick may be negative; a rate may not. */
function rateOf(bytes: number | null, intervalSeconds: number): number | null {
  return bytes === null || intervalSeconds <= 0 ? null : Math.max(0, bytes) / intervalSeconds;
}
