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

/** Of a process of which nothing was counted. */
const NONE = new ProcessSketches();

/** Execs of a process that are kept. */
const MOST_EXECS = 16;
const NO_EXECS: readonly number[] = [];

/** All that is booked to one process while it is watched. Its figures lie in the table of all until it has ended. */
export class ProcessAccount implements BookedProcess {
  readonly identity: ProcessIdentity;
  readonly unit: number;
  /** Since when the figures count: its birth, or when it was first seen. */
  readonly sinceUnixMillis: number;
  executable: ExecutableAccount;
  readonly details: DetailsAccount | null;
  /** Null where none are asked for. */
  ranges: ProcessRangesAccount | null = null;
  bornAtSeconds: number;
  endedAtSeconds: number | null = null;
  /** It left its unit alive, and may come back. */
  isAway = false;
  exitCode: number | null = null;
  /** When it executed programs, as far as process events reported it; the first few. On the monotonic clock. */
  execsAtSeconds: readonly number[] = NO_EXECS;
  /** `comm` when it ended, where the kernel recorded that: it may have run another program after it was last read. */
  #nameAtEnd: string | null = null;
  /** Null once it has ended. */
  #table: FigureTable | null;
  #sketches: ProcessSketches | null = null;
  /** Its figures are a row among those of others. */
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
   * An account for the row in `slot`, which was not there before; its figures begin in `table`. `beforeUnixMillis`: the
   * time of the previous sample.
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

  /** A sample has seen it as a zombie: it has ended, though its row stays until somebody has waited for it. */
  noteZombie(atSeconds: number): void {
    this.endedAtSeconds ??= atSeconds;
  }

  /** When it was born and when it ended, as the kernel's events say; NaN where they do not. */
  noteLife(bornAtSeconds: number, endedAtSeconds: number): void {
    if (!Number.isNaN(bornAtSeconds)) this.bornAtSeconds = bornAtSeconds;
    if (!Number.isNaN(endedAtSeconds)) this.endedAtSeconds = endedAtSeconds;
  }

  /** The kernel reported that it executed a program. */
  noteExec(atSeconds: number): void {
    if (this.execsAtSeconds.length < MOST_EXECS) this.execsAtSeconds = [...this.execsAtSeconds, atSeconds];
  }

  /** Its row is gone: nothing more will be booked. */
  get isClosed(): boolean {
    return this.#table === null;
  }

  /**
   * It has ended, or left its unit (`isAway`): its figures leave the table, and stay what they are. One that ends while it
   * is away keeps the time at which it left.
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

  /** It is back in its unit: its figures go on in `table` from what they were. */
  reopen(table: FigureTable, slot: number): void {
    this.isAway = false;
    this.endedAtSeconds = null;
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

  /** RSS as last read; NaN where not known. */
  get memoryBytes(): number {
    return this.figure(MEMORY_BYTES);
  }

  get peakMemoryBytes(): number {
    return this.figure(PEAK_MEMORY_BYTES);
  }

  /** Bytes of a counter of `/proc/PID/io`; NaN where not known. */
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

  /** Its tasks, itself included, as last read; 0 where not known. */
  get threads(): number {
    return this.figure(THREADS);
  }

  /** It has ended and nobody has waited for it yet. */
  get isZombie(): boolean {
    return this.figure(IS_ZOMBIE) === 1;
  }

  /** Its own CPU by mode since its birth, in ticks. */
  get userTicks(): number {
    return this.figure(USER_TICKS);
  }

  get systemTicks(): number {
    return this.figure(SYSTEM_TICKS);
  }

  /** What it uses from here on is of the program that it now runs. */
  followProgram(executables: ExecutableAccounts): void {
    const { executable, title } = this.identity;
    if (this.executable.executable === executable && this.executable.title === title) return;
    this.executable = executables.of(executable, title);
  }

  /** Books CPU of descendants, or its own last stretch, from the counters of the process that waited for it. */
  bookReaped(seconds: number): void {
    this.#figures.set(this.#row, REAPED_SECONDS, this.reapedCpuSeconds + seconds);
    this.executable.cpuSeconds += seconds;
  }

  /** What the kernel recorded when it ended. */
  takeExit(exit: ProcessExit): void {
    this.#nameAtEnd = exit.name;
    this.exitCode = exit.exitCode;
    if (exit.peakMemoryBytes <= this.peakMemoryBytes) return;
    this.#figures.set(this.#row, PEAK_MEMORY_BYTES, exit.peakMemoryBytes);
  }

  stats(kind: number): SummaryStats | null {
    return this.#figures.stats(this.#row, kind, () => this.#p95(kind));
  }

  /** The same without the percentile, which costs a walk through the distribution. */
  withoutPercentiles(kind: number): MinMaxAvg | null {
    return this.#figures.withoutPercentiles(this.#row, kind);
  }

  #p95(kind: number): number {
    const sketches = this.#table?.sketchesOf(this.#row) ?? this.#sketches ?? NONE;
    return sketches.p95(kind, this.#figures.counted(this.#row, kind));
  }

  /** One of its figures (`figure-rows.ts`). */
  figure(place: number): number {
    return this.#figures.get(this.#row, place);
  }
}

/** When a process began by the clock of the samples: one that did so while the sample was taken, after the previous sample. */
function startOf({ bornAtSeconds }: ProcessIdentity, now: Sample, beforeUnixMillis: number): number {
  const ageSeconds = now.atSeconds - bornAtSeconds;
  return ageSeconds > 0 ? now.unixMillis - ageSeconds * 1000 : beforeUnixMillis;
}
