import type { CgroupFigures, CgroupGauges, CgroupNonAdditiveGauges } from '../../../host/cgroup/figures.ts';
import { nullableSum, orNull } from '../../../host/nullable.ts';
import type { ProcessAccount } from '../../../ledger/accounts/process-account.ts';
import { CPU_PERCENT, DISK_RATE, MEMORY, TRANSFER_RATE } from '../../../ledger/accounts/process-sketches.ts';
import type { UnitAccount } from '../../../ledger/accounts/unit-account.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Usage } from '../../../ledger/measuring/usage.ts';
import type { LiveFrame, LiveName, LiveProcess, LiveRun, LiveStatus, LiveTotals, LiveUnit } from './frame.ts';
import { LedgerNames, type UnitGroups } from './ledger-names.ts';

/** Seconds after which gauges of a cgroup are too old to be shown. */
const FIGURES_LAST_SECONDS = 12;

/** Sums of the rows of one unit in a tick. */
class UnitSums {
  threads = 0;
  cpuSeconds = 0;
  reapedSeconds = 0;
  memoryBytes = 0;

  clear(): void {
    this.threads = 0;
    this.cpuSeconds = 0;
    this.reapedSeconds = 0;
    this.memoryBytes = 0;
  }

  take(row: LiveProcess, cpuSeconds: number, reapedSeconds: number): void {
    this.threads += row.threads ?? 0;
    this.cpuSeconds += cpuSeconds;
    this.reapedSeconds += reapedSeconds;
    this.memoryBytes += row.memoryBytes ?? 0;
  }
}

interface ReadFigures {
  readonly atSeconds: number;
  readonly levels: CgroupGauges;
  readonly heights: CgroupNonAdditiveGauges;
}

/** Status of a process by its PID, if it can be read. */
export type StatusOf = (pid: number) => LiveStatus | null;

/** Frames of a run, made from its ledger. */
export class LedgerFrames {
  readonly #ledger: Ledger;
  readonly #sums: UnitSums[] = [];
  /** Values as last read, by the unit's serial. */
  readonly #figures = new Map<number, ReadFigures>();
  readonly #names: LedgerNames;
  readonly #statusOf: StatusOf | undefined;

  /** `statusOf` looks up the current state of a process; a recording has none. */
  constructor(ledger: Ledger, statusOf?: StatusOf) {
    this.#ledger = ledger;
    this.#statusOf = statusOf;
    this.#names = new LedgerNames(ledger);
  }

  /** The tick that was just booked. */
  frameOf(usage: Usage, run: LiveRun): LiveFrame {
    const { units, accounts } = this.#ledger;
    const { rows, liveSlots, liveCount, intervalSeconds } = usage;
    for (const retired of this.#ledger.retired) this.#figures.delete(retired.account.origin.serial);
    while (this.#sums.length < units.length) this.#sums.push(new UnitSums());
    for (const sums of this.#sums) sums.clear();
    const processes: LiveProcess[] = [];
    for (let i = 0; i < liveCount; i++) {
      const slot = liveSlots[i]!;
      const account = accounts[slot];
      if (account === undefined) continue;
      // The rate of a row that is younger than the tick is over the whole tick, like that of its unit.
      const seconds = rows.rateSeconds[slot]! > 0 ? Math.max(rows.rateSeconds[slot]!, intervalSeconds) : 0;
      const row = new LedgerProcess(account, units[account.unit]!.origin.serial, this.#statusOf);
      row.threads = account.threads || null;
      row.memoryBytes = orNull(rows.memoryBytes[slot]!);
      if (seconds > 0) {
        row.cpuPercent = (100 * rows.cpuSeconds[slot]!) / seconds;
        row.reapedPercent = (100 * rows.reapedCpuSeconds[slot]!) / seconds;
        row.diskBytesPerSecond = orNull(rows.diskBytes[slot]! / seconds);
        row.transferBytesPerSecond = orNull(rows.transferBytes[slot]! / seconds);
      }
      this.#sums[account.unit]!.take(row, rows.cpuSeconds[slot]!, rows.reapedCpuSeconds[slot]!);
      processes.push(row);
    }
    const ended = this.#ledger.ended.map(
      (account) => new LedgerProcess(account, units[account.unit]!.origin.serial),
    );
    return {
      atSeconds: usage.atSeconds,
      unixMillis: usage.wallMillis,
      intervalSeconds,
      run,
      units: this.#unitsOf(usage, this.#names.take(usage)),
      processes,
      ended,
      hasStatus: this.#statusOf !== undefined,
    };
  }

  #unitsOf(usage: Usage, groups: ReadonlyMap<number, UnitGroups>): LiveUnit[] {
    const shown: LiveUnit[] = [];
    for (const [place, unit] of this.#ledger.units.entries()) {
      // A pattern has the units without slots of their own: mostly none, after it has found units.
      const hasFound = () => this.#ledger.units.some(({ origin }) => origin.pattern === place);
      if (!(unit.isEmptyPattern && hasFound()))
        shown.push(this.#unitOf(unit, place, usage, groups.get(unit.origin.serial)!));
    }
    return shown;
  }

  #unitOf(
    unit: UnitAccount,
    place: number,
    { atSeconds, intervalSeconds }: Usage,
    { names, subCgroups }: UnitGroups,
  ): LiveUnit {
    const sums = this.#sums[place]!;
    const figures = unit.cgroupFigures.figures;
    const read = this.#read(unit.origin.serial, figures, atSeconds);
    const heights = unit.present ? read?.heights : undefined;
    const levels = unit.present ? read?.levels : undefined;
    const hasRate = unit.present && intervalSeconds > 0;
    const cpuSeconds = orNull(unit.totalCpuSeconds) ?? sums.cpuSeconds + sums.reapedSeconds;
    const charged = levels?.memoryBytes ?? null;
    return {
      key: unit.origin.serial,
      name: unit.unit,
      cgroup: unit.cgroup,
      present: unit.present,
      isShared: unit.origin.kind === 'shared',
      instances: unit.instances,
      processCount: unit.processCount,
      threads: unit.present ? sums.threads : null,
      cpuPercent: hasRate && unit.rateSeconds > 0 ? (100 * cpuSeconds) / unit.rateSeconds : null,
      reapedPercent: hasRate ? (100 * sums.reapedSeconds) / intervalSeconds : null,
      memoryBytes: unit.present ? (charged ?? sums.memoryBytes) : null,
      memoryPeakBytes: unit.cgroupFigures.peakMemoryBytes,
      memoryIsResident: charged === null,
      // From the names, because these include processes that ended in the tick.
      diskBytesPerSecond: hasRate ? sumOf(names, 'diskBytesPerSecond') : null,
      transferBytesPerSecond: hasRate ? sumOf(names, 'transferBytesPerSecond') : null,
      totalCpuSeconds: orNull(unit.totalSeconds),
      attributedCpuSeconds: unit.attributedSeconds,
      unattributedCpuSeconds: unit.unattributedSeconds,
      reapedOutsideSeconds: unit.reapedOutsideSeconds,
      pressure: {
        cpu: heights?.cpuPressureSomeShare ?? null,
        memory: heights?.memoryPressureSomeShare ?? null,
        io: heights?.ioPressureSomeShare ?? null,
      },
      throttledPeriods: figures?.counters.throttledPeriods ?? null,
      throttledSeconds: figures?.counters.throttledSeconds ?? null,
      oomKills: figures?.counters.memoryOomKills ?? null,
      exited: this.#ledger.unseen.rowsOf(place),
      names,
      subCgroups,
    };
  }

  /** Cgroup metrics are not read in every tick; the last values are shown for a while. */
  #read(serial: number, figures: CgroupFigures | null, atSeconds: number): ReadFigures | undefined {
    if (figures !== null && isAnyKnown(figures)) {
      const { levels, heights } = figures;
      this.#figures.set(serial, { atSeconds, levels, heights });
    }
    const last = this.#figures.get(serial);
    return last !== undefined && atSeconds - last.atSeconds <= FIGURES_LAST_SECONDS ? last : undefined;
  }
}

/** A row of the books in one tick. */
class LedgerProcess implements LiveProcess {
  readonly key: number;
  readonly unitKey: number;
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  readonly command: string | null;
  readonly subCgroup: string;
  readonly bornAtSeconds: number;
  readonly isZombie: boolean;
  threads: number | null = null;
  cpuPercent: number | null = null;
  reapedPercent: number | null = null;
  memoryBytes: number | null = null;
  diskBytesPerSecond: number | null = null;
  transferBytesPerSecond: number | null = null;
  readonly #account: ProcessAccount;
  readonly #statusOf: StatusOf | undefined;
  #settled: LiveTotals | undefined;
  #status: LiveStatus | null | undefined;

  constructor(account: ProcessAccount, unitKey: number, statusOf?: StatusOf) {
    const { identity } = account;
    this.#account = account;
    this.#statusOf = statusOf;
    this.key = identity.serial;
    this.unitKey = unitKey;
    this.pid = identity.pid;
    this.ppid = account.ppid;
    this.name = account.name;
    this.command = identity.command;
    this.subCgroup = identity.subCgroup;
    this.bornAtSeconds = identity.bornAtSeconds;
    this.isZombie = account.isZombie;
  }

  status(): LiveStatus | null {
    this.#status ??= this.#statusOf?.(this.pid) ?? null;
    return this.#status;
  }

  settle(): void {
    this.#settled ??= this.totals();
  }

  totals(): LiveTotals {
    if (this.#settled !== undefined) return this.#settled;
    const account = this.#account;
    return {
      samples: account.samples,
      cpuSeconds: account.cpuSeconds,
      reapedCpuSeconds: account.reapedCpuSeconds,
      diskBytes: account.diskBytes,
      transferBytes: account.transferBytes,
      peakMemoryBytes: orNull(account.peakMemoryBytes),
      cpuPercent: account.withoutPercentiles(CPU_PERCENT),
      memoryBytes: account.withoutPercentiles(MEMORY),
      diskBytesPerSecond: account.withoutPercentiles(DISK_RATE),
      transferBytesPerSecond: account.withoutPercentiles(TRANSFER_RATE),
    };
  }
}

/** Null if unknown for all. */
function sumOf(
  names: readonly LiveName[],
  rate: 'diskBytesPerSecond' | 'transferBytesPerSecond',
): number | null {
  return names.reduce<number | null>((sum, named) => nullableSum(sum, named[rate]), null);
}

function isAnyKnown({ levels, heights }: CgroupFigures): boolean {
  return [...Object.values(levels), ...Object.values(heights)].some((value) => value !== null);
}
