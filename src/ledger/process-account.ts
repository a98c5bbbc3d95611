import type { ProcessExit } from '../sampling/exit-records.ts';
import { ORIGIN_BIRTH } from '../sampling/process-columns.ts';
import type { ProcessIdentity, Sample } from '../sampling/sample.ts';
import { BookedProcess } from './booked-process.ts';
import type { ExecutableAccount, ExecutableAccounts } from './executable-account.ts';
import {
  IS_ZOMBIE,
  OBSERVED_SECONDS,
  PEAK_MEMORY_BYTES,
  PPID,
  REAPED_SECONDS,
  SYSTEM_TICKS,
  THREADS,
  USER_TICKS,
} from './figure-rows.ts';
import type { FigureTable } from './figure-table.ts';
import { DetailsAccount } from './process-details.ts';
import { ProcessSketches } from './process-sketches.ts';
import type { ProcessRangesAccount } from './window-ranges.ts';

/** Of a process of which nothing was counted. */
const NONE = new ProcessSketches();

/** All that is booked to one process while it is watched. Its figures lie in the table of all until it has ended. */
export class ProcessAccount extends BookedProcess {
  readonly identity: ProcessIdentity;
  readonly unit: number;
  /** Since when the figures count: its birth, or when it was first seen. */
  readonly sinceUnixMillis: number;
  executable: ExecutableAccount;
  readonly details: DetailsAccount | null;
  /** Null where none are asked for. */
  ranges: ProcessRangesAccount | null = null;
  endedUnixMillis: number | null = null;
  exitCode: number | null = null;
  /** `comm` when it ended, where the kernel recorded that: it may have run another program after it was last read. */
  #nameAtEnd: string | null = null;
  /** Null once it has ended. */
  #table: FigureTable | null;
  #sketches: ProcessSketches | null = null;

  private constructor(
    identity: ProcessIdentity,
    unit: number,
    sinceUnixMillis: number,
    executable: ExecutableAccount,
    details: DetailsAccount | null,
    table: FigureTable,
    slot: number,
  ) {
    super(table, slot);
    this.identity = identity;
    this.unit = unit;
    this.sinceUnixMillis = sinceUnixMillis;
    this.executable = executable;
    this.details = details;
    this.#table = table;
  }

  /** An account for the row in `slot`, which was not there before; its figures begin in `table`. */
  static open(
    now: Sample,
    slot: number,
    executables: ExecutableAccounts,
    table: FigureTable,
  ): ProcessAccount {
    const { rows } = now;
    const identity = now.identities[slot]!;
    const born = rows.origin[slot] === ORIGIN_BIRTH;
    const since = born ? identity.startedUnixMillis : now.unixMillis;
    const executable = executables.of(identity.executable, identity.title);
    const details =
      now.details === null ? null : new DetailsAccount(now.details, born, identity.startedUnixMillis);
    table.begin(slot);
    table.set(slot, PPID, rows.ppid[slot]!);
    return new ProcessAccount(identity, rows.unit[slot]!, since, executable, details, table, slot);
  }

  /** It has ended or left: its figures leave the table, and stay what they are. */
  close(unixMillis: number): void {
    this.endedUnixMillis = unixMillis;
    const { figures, sketches } = this.#table!.take(this.row);
    this.#table = null;
    this.figures = figures;
    this.row = 0;
    this.#sketches = sketches;
  }

  get name(): string {
    const { name, title } = this.identity;
    return title === null ? (this.#nameAtEnd ?? name) : name;
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

  /** Books CPU of descendants, or its own last stretch, that whoever waited for it had in its counters. */
  bookReaped(seconds: number): void {
    this.figures.set(this.row, REAPED_SECONDS, this.reapedCpuSeconds + seconds);
    this.executable.cpuSeconds += seconds;
  }

  /** What the kernel recorded when it ended. */
  takeExit(exit: ProcessExit): void {
    this.#nameAtEnd = exit.name;
    this.exitCode = exit.exitCode;
    if (exit.peakMemoryBytes <= this.peakMemoryBytes) return;
    this.figures.set(this.row, PEAK_MEMORY_BYTES, exit.peakMemoryBytes);
  }

  p95(kind: number): number {
    const sketches = this.#table?.sketchesOf(this.row) ?? this.#sketches ?? NONE;
    return sketches.p95(kind, this.figures.counted(this.row, kind));
  }
}
