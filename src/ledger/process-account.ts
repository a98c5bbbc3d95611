import type { ProcessExit } from '../sampling/exit-records.ts';
import { ORIGIN_BIRTH, type ProcessColumns, ROW_ZOMBIE } from '../sampling/process-columns.ts';
import type { ProcessIdentity, Sample } from '../sampling/sample.ts';
import type { Deltas } from './deltas.ts';
import type { ExecutableAccount, ExecutableAccounts } from './executable-account.ts';
import { DetailsAccount } from './process-details.ts';
import { type Moment, Statistic } from './statistic.ts';
import type { ProcessRangesAccount } from './window-ranges.ts';

/** Bytes booked to one process while it is watched. */
export interface BookedBytes {
  readBytes: number;
  writeBytes: number;
  cancelledWriteBytes: number;
  readChars: number;
  writeChars: number;
}

/** All that is booked to one process while it is watched. */
export class ProcessAccount {
  readonly identity: ProcessIdentity;
  /** Index of its unit. */
  readonly unit: number;
  /** Since when the figures count: its birth, or when it was first seen. */
  readonly sinceUnixMillis: number;
  ppid: number;
  executable: ExecutableAccount;
  /** Samples that saw it. */
  samples = 0;
  /** Seconds for which its rates are known. */
  observedSeconds = 0;
  cpuSeconds = 0;
  reapedCpuSeconds = 0;
  /** Null while none of its `io` is known. */
  bytes: BookedBytes | null = null;
  /** RSS as last read; NaN where not known. */
  memoryBytes = Number.NaN;
  peakMemoryBytes = Number.NaN;
  /** Its tasks, itself included, as last read; 0 where not known. */
  threads = 0;
  /** It has ended and nobody has waited for it yet. */
  isZombie = false;
  /** Its own CPU by mode since its birth, in ticks. */
  userTicks = 0;
  systemTicks = 0;
  /** `comm` when it ended, where the kernel recorded that: it may have run another program after it was last read. */
  #nameAtEnd: string | null = null;
  /** Null where none are asked for. */
  readonly details: DetailsAccount | null;
  /** Null where none are asked for. */
  ranges: ProcessRangesAccount | null = null;
  /** When the first sample came that did not see it any more; null while it is there. */
  endedUnixMillis: number | null = null;
  readonly cpuPercent = new Statistic();
  readonly memory = new Statistic();
  readonly diskRate = new Statistic();
  readonly transferRate = new Statistic();

  private constructor(
    identity: ProcessIdentity,
    unit: number,
    ppid: number,
    sinceUnixMillis: number,
    executable: ExecutableAccount,
    details: DetailsAccount | null,
  ) {
    this.identity = identity;
    this.unit = unit;
    this.ppid = ppid;
    this.sinceUnixMillis = sinceUnixMillis;
    this.executable = executable;
    this.details = details;
  }

  /** An account for the row in `slot`, which was not there before. */
  static open(now: Sample, slot: number, executables: ExecutableAccounts): ProcessAccount {
    const { rows } = now;
    const identity = now.identities[slot]!;
    const born = rows.origin[slot] === ORIGIN_BIRTH;
    const since = born ? identity.startedUnixMillis : now.unixMillis;
    const executable = executables.of(identity.executable, identity.title);
    const details =
      now.details === null ? null : new DetailsAccount(now.details, born, identity.startedUnixMillis);
    return new ProcessAccount(identity, rows.unit[slot]!, rows.ppid[slot]!, since, executable, details);
  }

  /** What it is called in a summary. Hostile text. */
  get name(): string {
    const { name, title } = this.identity;
    return title === null ? (this.#nameAtEnd ?? name) : name;
  }

  get diskBytes(): number | null {
    return this.bytes === null ? null : this.bytes.readBytes + this.bytes.writeBytes;
  }

  get transferBytes(): number | null {
    return this.bytes === null ? null : this.bytes.readChars + this.bytes.writeChars;
  }

  /** Books what the row used in one tick. */
  book(
    deltas: Deltas,
    slot: number,
    rows: ProcessColumns,
    executables: ExecutableAccounts,
    moment: Moment,
  ): void {
    const { executable, title } = this.identity;
    if (this.executable.executable !== executable || this.executable.title !== title) {
      this.executable = executables.of(executable, title);
    }
    this.samples++;
    this.ppid = rows.ppid[slot]!;
    this.threads = rows.threads[slot]!;
    this.isZombie = rows.state[slot] === ROW_ZOMBIE;
    this.userTicks = rows.userTicks[slot]!;
    this.systemTicks = rows.systemTicks[slot]!;
    const cpuSeconds = deltas.cpuSeconds[slot]!;
    const reapedSeconds = deltas.reapedCpuSeconds[slot]!;
    this.cpuSeconds += cpuSeconds;
    this.reapedCpuSeconds += reapedSeconds;
    this.executable.cpuSeconds += cpuSeconds + reapedSeconds;
    const seconds = deltas.observedSeconds[slot]!;
    this.observedSeconds += seconds;
    this.#bookMemory(deltas.memoryBytes[slot]!, seconds, moment);
    if (seconds > 0) this.cpuPercent.add((100 * cpuSeconds) / seconds, seconds, moment);
    if (!Number.isNaN(deltas.diskBytes[slot]!)) this.#bookBytes(deltas, slot, seconds, moment);
    this.ranges?.add(deltas, slot);
  }

  /** Books CPU of descendants, or its own last stretch, that whoever waited for it had in its counters. */
  bookReaped(seconds: number): void {
    this.reapedCpuSeconds += seconds;
    this.executable.cpuSeconds += seconds;
  }

  /** What the kernel recorded when it ended. */
  takeExit(exit: ProcessExit): void {
    this.#nameAtEnd = exit.name;
    if (!(exit.peakMemoryBytes <= this.peakMemoryBytes)) this.peakMemoryBytes = exit.peakMemoryBytes;
  }

  #bookMemory(memoryBytes: number, seconds: number, moment: Moment): void {
    this.memoryBytes = memoryBytes;
    if (Number.isNaN(memoryBytes)) return;
    if (!(memoryBytes <= this.peakMemoryBytes)) this.peakMemoryBytes = memoryBytes;
    if (seconds > 0) this.memory.add(memoryBytes, seconds, moment);
  }

  #bookBytes(deltas: Deltas, slot: number, seconds: number, moment: Moment): void {
    this.bytes ??= { readBytes: 0, writeBytes: 0, cancelledWriteBytes: 0, readChars: 0, writeChars: 0 };
    const { bytes, executable } = this;
    bytes.readBytes += deltas.readBytes[slot]!;
    bytes.writeBytes += deltas.writeBytes[slot]!;
    bytes.cancelledWriteBytes += deltas.cancelledWriteBytes[slot]!;
    bytes.readChars += deltas.readChars[slot]!;
    bytes.writeChars += deltas.writeChars[slot]!;
    executable.bytesKnown = true;
    executable.readBytes += deltas.readBytes[slot]!;
    executable.writeBytes += deltas.writeBytes[slot]!;
    executable.readChars += deltas.readChars[slot]!;
    executable.writeChars += deltas.writeChars[slot]!;
    if (seconds === 0) return;
    this.diskRate.add(deltas.diskBytes[slot]! / seconds, seconds, moment);
    this.transferRate.add(deltas.transferBytes[slot]! / seconds, seconds, moment);
  }
}
