import { nullableGrowth, nullableSum, orNull } from '../../host/nullable.ts';
import type { ProcessAccount } from '../../ledger/accounts/process-account.ts';
import type { UnitAccount } from '../../ledger/accounts/unit-account.ts';
import type { RunBytes, RunExited } from '../../ledger/document/run-document.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Usage } from '../../ledger/measuring/usage.ts';
import { printableJson } from '../../text/printable.ts';
import { type CsvValue, csvField } from '../csv-field.ts';
import { SERIES_COLUMNS, type SeriesFormat } from './series-columns.ts';

type Column = keyof typeof SERIES_COLUMNS;
type Row = Readonly<Partial<Record<Column, CsvValue>>>;

const COLUMNS = Object.keys(SERIES_COLUMNS) as readonly Column[];

/** Running totals of one account at the previous sample. */
interface Totals {
  cpu: number;
  reaped: number;
  disk: number | null;
  transfer: number | null;
}

/** Running totals of one unit at the previous sample. */
interface UnitTotals {
  readonly attributed: number;
  readonly reaped: number;
  /** Of processes that ended unseen. */
  readonly unseen: UnseenBytes;
}

type UnseenBytes = Pick<RunBytes, 'diskBytes' | 'transferBytes'>;

const NO_BYTES: UnseenBytes = { diskBytes: null, transferBytes: null };

/**
 * The time series of a run as text: for each sample a row of every unit and of every process, so that the rows of a process
 * add up to its totals in the summary. Rows are in order of time; memory grows with the number of live processes.
 */
export class TimeSeries {
  readonly #ledger: Ledger;
  readonly #format: SeriesFormat;
  readonly #processes = new Map<ProcessAccount, Totals>();
  /** Processes that left their units. */
  readonly #away = new Set<ProcessAccount>();
  readonly #units = new WeakMap<UnitAccount, UnitTotals>();
  #firstSeconds = Number.NaN;

  constructor(ledger: Ledger, format: SeriesFormat) {
    this.#ledger = ledger;
    this.#format = format;
  }

  /** Text before all rows: the names of the columns in CSV, otherwise nothing. */
  get head(): string {
    return this.#format === 'csv' ? `${COLUMNS.join(',')}\n` : '';
  }

  /** The rows of the tick that was just booked, one line each. */
  rowsOf(usage: Usage): string {
    if (Number.isNaN(this.#firstSeconds)) this.#firstSeconds = usage.atSeconds;
    const sums = new Map<number, { memory: number; disk: number | null; transfer: number | null }>();
    const processes: Row[] = [];
    for (const [account, isLive] of this.#accountsOf(usage)) {
      const row = this.#processRow(account, isLive, usage);
      processes.push(row);
      const sum = sums.get(account.unit) ?? { memory: 0, disk: null, transfer: null };
      sum.memory += (row.memory_bytes as number | null) ?? 0;
      sum.disk = nullableSum(sum.disk, row.disk_bytes as number | null);
      sum.transfer = nullableSum(sum.transfer, row.transfer_bytes as number | null);
      sums.set(account.unit, sum);
    }
    const units = [...this.#ledger.units.entries()]
      .filter(([, unit]) => !unit.isEmptyPattern)
      .map(([place, unit]) => this.#unitRow(place, unit, sums.get(place), usage));
    const common = {
      time: new Date(usage.wallMillis).toISOString(),
      elapsed_seconds: toMicroseconds(usage.atSeconds - this.#firstSeconds),
      interval_seconds: toMicroseconds(usage.intervalSeconds),
    };
    return [...units, ...processes].map((row) => `${this.#line({ ...common, ...row })}\n`).join('');
  }

  *#accountsOf({ liveSlots, liveCount }: Usage): Generator<[ProcessAccount, boolean]> {
    const { accounts, ended, left } = this.#ledger;
    for (let i = 0; i < liveCount; i++) {
      const account = accounts[liveSlots[i]!];
      if (account !== undefined) yield [account, true];
    }
    for (const account of left) yield [account, false];
    for (const account of ended) {
      if (!this.#away.delete(account)) yield [account, false];
      // Its last row was that of the sample that it left in.
      else this.#processes.delete(account);
    }
  }

  #processRow(account: ProcessAccount, isLive: boolean, { intervalSeconds }: Usage): Row {
    const before = this.#processes.get(account) ?? { cpu: 0, reaped: 0, disk: 0, transfer: 0 };
    const now: Totals = {
      cpu: account.cpuSeconds,
      reaped: account.reapedCpuSeconds,
      disk: account.diskBytes,
      transfer: account.transferBytes,
    };
    // A process that left may come back, and its totals continue.
    if (isLive || account.isAway) this.#processes.set(account, now);
    else this.#processes.delete(account);
    if (account.isAway) this.#away.add(account);
    else this.#away.delete(account);
    const cpu = now.cpu - before.cpu;
    const disk = nullableGrowth(now.disk, before.disk);
    const transfer = nullableGrowth(now.transfer, before.transfer);
    const { pid, startedUnixMillis } = account.identity;
    return {
      kind: 'process',
      unit: this.#ledger.units[account.unit]!.unit,
      pid,
      ppid: account.ppid,
      name: account.name,
      started_at: new Date(startedUnixMillis).toISOString(),
      state: isLive ? 'running' : 'exited',
      cpu_percent: rateOf(100 * cpu, intervalSeconds),
      cpu_seconds: cpu,
      reaped_cpu_seconds: now.reaped - before.reaped,
      memory_bytes: isLive ? orNull(account.memoryBytes) : null,
      disk_bytes: disk,
      disk_bytes_per_second: rateOf(disk, intervalSeconds),
      transfer_bytes: transfer,
      transfer_bytes_per_second: rateOf(transfer, intervalSeconds),
    };
  }

  #unitRow(
    place: number,
    unit: UnitAccount,
    sums: { memory: number; disk: number | null; transfer: number | null } | undefined,
    { units, intervalSeconds }: Usage,
  ): Row {
    const before = this.#units.get(unit) ?? { attributed: 0, reaped: 0, unseen: NO_BYTES };
    const now = {
      attributed: unit.attributedSeconds,
      reaped: unit.reapedSeconds,
      unseen: unseenBytes(this.#ledger.unseen.rowsOf(place)),
    };
    this.#units.set(unit, now);
    const disk = withUnseen(sums?.disk ?? null, now.unseen.diskBytes, before.unseen.diskBytes);
    const transfer = withUnseen(
      sums?.transfer ?? null,
      now.unseen.transferBytes,
      before.unseen.transferBytes,
    );
    const { present, processCount, totalCpuSeconds } = units[place]!;
    const cpu = intervalSeconds > 0 ? orNull(totalCpuSeconds) : null;
    return {
      kind: 'unit',
      unit: unit.unit,
      state: present ? 'present' : 'absent',
      processes: processCount,
      cpu_percent: rateOf(cpu === null ? null : 100 * cpu, intervalSeconds),
      cpu_seconds: cpu,
      reaped_cpu_seconds: now.reaped - before.reaped,
      attributed_cpu_seconds: now.attributed - before.attributed,
      memory_bytes: present ? (sums?.memory ?? 0) : null,
      disk_bytes: disk,
      disk_bytes_per_second: rateOf(disk, intervalSeconds),
      transfer_bytes: transfer,
      transfer_bytes_per_second: rateOf(transfer, intervalSeconds),
    };
  }

  #line(row: Row): string {
    if (this.#format === 'csv') return COLUMNS.map((column) => csvField(row[column] ?? null)).join(',');
    return printableJson(Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? null])));
  }
}

function unseenBytes(rows: readonly RunExited[]): UnseenBytes {
  return rows.reduce<UnseenBytes>(
    (sum, row) => ({
      diskBytes: nullableSum(sum.diskBytes, row.diskBytes),
      transferBytes: nullableSum(sum.transferBytes, row.transferBytes),
    }),
    NO_BYTES,
  );
}

/** The bytes of rows, and the growth of those of processes that ended unseen. */
function withUnseen(rows: number | null, now: number | null, before: number | null): number | null {
  const growth = nullableGrowth(now, before);
  return growth === 0 ? rows : nullableSum(rows, growth);
}

function rateOf(amount: number | null, seconds: number): number | null {
  return amount === null || seconds <= 0 ? null : amount / seconds;
}

/** Without the rounding digits of a subtraction. */
function toMicroseconds(seconds: number): number {
  return Number(seconds.toFixed(6));
}
