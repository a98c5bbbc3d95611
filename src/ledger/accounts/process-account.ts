import { orNull } from '../../host/nullable.ts';
import { IO_INDEX, type IoCounter } from '../../host/proc/io.ts';
import type { ProcessExit } from '../../sampling/exit-records.ts';
import { ORIGIN_BIRTH } from '../../sampling/process-columns.ts';
import type { ProcessIdentity, Sample } from '../../sampling/sample.ts';
import type { BookedProcess } from './booked-process.ts';
import type { ExecutableAccount, ExecutableAccounts } from './executable-account.ts';
import {
  CPU_SECONDS,
  type FigureRows,
  IO_BYTES,
  IS_ZOMBIE,
  MEMORY_BYTES,
  OBSERVED_SECONDS,
  PEAK_MEMORY_BYTES,
  PPID,
  REAPED_SECONDS,
  SAMPLES,
  SYSTEM_TICKS,
  THREADS,
  USER_TICKS,
} from './figure-rows.ts';
import type { FigureTable } from './figure-table.ts';
import { DetailsAccount } from './process-details.ts';
import { ProcessSketches } from './process-sketches.ts';
import type { MinMaxAvg, SummaryStats } from './summary-stats.ts';
import type { ProcessRangesAccount } from './window-ranges.ts';

/** Distributions of a process without samples. */
const NONE = new ProcessSketches();

/** Number of execs that are kept for each process. */
const MOST_EXECS = 16;
const NO_EXECS: readonly number[] = [];

/** Everything that is booked to one process. Its values are in the shared table until the process ends. */
export class ProcessAccount implements BookedProcess {
  readonly identity: ProcessIdentity;
  readonly unit: number;
  /** Start of its values: the birth of the process, or when it was first seen. */
  readonly sinceUnixMillis: number;
  executable: ExecutableAccount;
  readonly details: DetailsAccount | null;
  /** Null if not requested. */
  ranges: ProcessRangesAccount | null = null;
  bornAtSeconds: number;
  endedAtSeconds: number | null = null;
  /** The process left its unit while alive, and may return. */
  isAway = false;
  exitCode: number | null = null;
  /** Times of its first execs, from process events; on the monotonic clock. */
  execsAtSeconds: readonly number[] = NO_EXECS;
  /** `comm` at the end, from the exit record: the process may have executed another program after its last reading. */
  #nameAtEnd: string | null = null;
  /** Null after the process has ended. */
  #table: FigureTable | null;
  #sketches: ProcessSketches | null = null;
  /** Its values: row `#row` of the shared table, or a table of its own. */
  #figures: FigureRows;
  #row: number;

  private constructor(
    identity: ProcessIdentity,
    unit: number,
    sinceUnixMillis: number,
    executable: ExecutableAccount,
    details: DetailsAccount | null,
    table: FigureTable,
    slot: number,
  ) {
    this.identity = identity;
    this.bornAtSeconds = identity.bornAtSeconds;
    this.unit = unit;
    this.sinceUnixMillis = sinceUnixMillis;
    this.executable = executable;
    this.details = details;
    this.#table = table;
    this.#figures = table;
    this.#row = slot;
  }

  /**
   * Opens an account for the new row in `slot`; its values start in `table`. `beforeUnixMillis`: time of the previous
   * sample.
   */
  static open(
    now: Sample,
    slot: number,
    executables: ExecutableAccounts,
    table: FigureTable,
    beforeUnixMillis: number,
  ): ProcessAccount {
    const { rows } = now;
    const identity = now.identities[slot]!;
    const born = rows.origin[slot] === ORIGIN_BIRTH;
    const since = born ? startOf(identity, now, beforeUnixMillis) : now.unixMillis;
    const executable = executables.of(identity.executable, identity.title);
    const details =
      now.details === null ? null : new DetailsAccount(now.details, born, identity.bornAtSeconds);
    table.begin(slot);
    table.set(slot, PPID, rows.ppid[slot]!);
    return new ProcessAccount(identity, rows.unit[slot]!, since, executable, details, table, slot);
  }

  /** A sample found the process as a zombie: it has ended, but its row stays until it has been waited for. */
  noteZombie(atSeconds: number): void {
    this.endedAtSeconds ??= atSeconds;
  }

  /** Times of birth and end from process events; NaN if unknown. */
  noteLife(bornAtSeconds: number, endedAtSeconds: number): void {
    if (!Number.isNaN(bornAtSeconds)) this.bornAtSeconds = bornAtSeconds;
    if (!Number.isNaN(endedAtSeconds)) this.endedAtSeconds = endedAtSeconds;
  }

  /** Adds an exec reported by process events. */
  noteExec(atSeconds: number): void {
    if (this.execsAtSeconds.length < MOST_EXECS) this.execsAtSeconds = [...this.execsAtSeconds, atSeconds];
  }

  /** Whether its row is gone and nothing more will be booked. */
  get isClosed(): boolean {
    return this.#table === null;
  }

  /**
   * The process has ended, or left its unit (`isAway`): its values leave the table and are final. A process that ends
   * after it left keeps the time at which it left.
   */
  close(atSeconds: number, isAway: boolean): void {
    this.isAway = isAway;
    this.endedAtSeconds ??= atSeconds;
    if (this.#table === null) return;
    const { figures, sketches } = this.#table.take(this.#row);
    this.#table = null;
    this.#figures = figures;
    this.#row = 0;
    this.#sketches = sketches;
  }

  /** The process is back in its unit: its values continue in `table`. */
  reopen(table: FigureTable, slot: number, executables: ExecutableAccounts): void {
    this.isAway = false;
    this.endedAtSeconds = null;
    // Another name may have taken the place of its name.
    this.executable = executables.of(this.identity.executable, this.identity.title);
    table.putBack(slot, this.#figures, this.#sketches);
    this.#table = table;
    this.#figures = table;
    this.#row = slot;
    this.#sketches = null;
  }

  get name(): string {
    const { name, title } = this.identity;
    return title === null ? (this.#nameAtEnd ?? name) : name;
  }

  get ppid(): number {
    return this.figure(PPID);
  }

  get samples(): number {
    return this.figure(SAMPLES);
  }

  get cpuSeconds(): number {
    return this.figure(CPU_SECONDS);
  }

  get reapedCpuSeconds(): number {
    return this.figure(REAPED_SECONDS);
  }

  /** RSS as last read; NaN if unknown. */
  get memoryBytes(): number {
    return this.figure(MEMORY_BYTES);
  }

  get peakMemoryBytes(): number {
    return this.figure(PEAK_MEMORY_BYTES);
  }

  /** Bytes of a counter of `/proc/PID/io`; NaN if unknown. */
  ioBytes(counter: IoCounter): number {
    return this.figure(IO_BYTES + IO_INDEX[counter]);
  }

  get diskBytes(): number | null {
    return orNull(this.ioBytes('readBytes') + this.ioBytes('writeBytes'));
  }

  get transferBytes(): number | null {
    return orNull(this.ioBytes('readChars') + this.ioBytes('writeChars'));
  }

  get cancelledWriteBytes(): number | null {
    return orNull(this.ioBytes('cancelledWriteBytes'));
  }

  /** Seconds for which its rates are known. */
  get observedSeconds(): number {
    return this.figure(OBSERVED_SECONDS);
  }

  /** Threads as last read, the leader included; 0 if unknown. */
  get threads(): number {
    return this.figure(THREADS);
  }

  /** Whether it has ended and has not been waited for. */
  get isZombie(): boolean {
    return this.figure(IS_ZOMBIE) === 1;
  }

  /** Own CPU by mode since its birth, in ticks. */
  get userTicks(): number {
    return this.figure(USER_TICKS);
  }

  get systemTicks(): number {
    return this.figure(SYSTEM_TICKS);
  }

  /** Books further usage to the executable that the process now runs. */
  followProgram(executables: ExecutableAccounts): void {
    const { executable, title } = this.identity;
    if (this.executable.executable === executable && this.executable.title === title) return;
    this.executable = executables.of(executable, title);
  }

  /** Books CPU of descendants, or the process's own final delta, from the counters of the process that waited for it. */
  bookReaped(seconds: number): void {
    this.#figures.set(this.#row, REAPED_SECONDS, this.reapedCpuSeconds + seconds);
    this.executable.cpuSeconds += seconds;
  }

  /** Applies the kernel's exit record. */
  takeExit(exit: ProcessExit): void {
    if (exit.name !== '') this.#nameAtEnd = exit.name;
    this.exitCode = exit.exitCode;
    if (exit.peakMemoryBytes <= this.peakMemoryBytes) return;
    this.#figures.set(this.#row, PEAK_MEMORY_BYTES, exit.peakMemoryBytes);
  }

  stats(kind: number): SummaryStats | null {
    return this.#figures.stats(this.#row, kind, () => this.#p95(kind));
  }

  /** Statistics without the percentile, which needs a walk through the distribution. */
  withoutPercentiles(kind: number): MinMaxAvg | null {
    return this.#figures.withoutPercentiles(this.#row, kind);
  }

  #p95(kind: number): number {
    const sketches = this.#table?.sketchesOf(this.#row) ?? this.#sketches ?? NONE;
    return sketches.p95(kind, this.#figures.counted(this.#row, kind));
  }

  /** One of its values (`figure-rows.ts`). */
  figure(place: number): number {
    return this.#figures.get(this.#row, place);
  }
}

/**
 * Start of a process on the samples' clock; a process born while the sample was taken starts after the previous sample.
 */
function startOf({ bornAtSeconds }: ProcessIdentity, now: Sample, beforeUnixMillis: number): number {
  const ageSeconds = now.atSeconds - bornAtSeconds;
  return ageSeconds > 0 ? now.unixMillis - ageSeconds * 1000 : beforeUnixMillis;
}
