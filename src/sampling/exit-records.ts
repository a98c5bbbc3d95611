import type { Host } from '../host/host.ts';
import { addIoBytes, type IoBytes, IoFields } from '../host/proc/io.ts';
import {
  type ExitRecordOptions,
  ExitRecordSource,
  type ExitRecordsFailure,
} from '../host/taskstats/exit-record-source.ts';
import { commOfRecord, type TaskRecord } from '../host/taskstats/task-record.ts';
import { endOfStatus, shellExitCode } from '../host/wait-status.ts';

/** A process that has ended, from the kernel's exit records. Byte counts exclude its children. */
export interface ProcessExit extends Readonly<IoBytes> {
  readonly pid: number;
  /** Parent PID at the time of exit. */
  readonly ppid: number;
  /** `comm`; empty if its first thread ended long before the last one. Hostile text. */
  readonly name: string;
  /**
   * Estimated by the kernel at scheduler ticks and possibly off by a factor: use it as a weight, never book it
   * directly.
   */
  readonly cpuSeconds: number;
  /** Shell convention: 128 + signal number if a signal ended the process. Null if unknown. */
  readonly exitCode: number | null;
  readonly peakMemoryBytes: number;
}

/** Processes of the whole machine that ended between two samples. */
export interface ExitBatch {
  readonly exits: readonly ProcessExit[];
  /** Share of the kernel's records in this period that were lost because the buffer was full, 0 to 1. */
  readonly lostShare: number;
}

export const NO_EXITS: ExitBatch = { exits: [], lostShare: 0 };

/** Sums over the ended threads of a process while other threads still run. */
class Unfinished extends IoFields {
  readonly pid: number;
  ppid = 0;
  name = '';
  cpuSeconds = 0;
  exitCode: number | null = null;
  peakMemoryBytes = 0;
  /** Exit status of the first thread, if it has ended. */
  #firstStatus = 0;

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  /** Threads have their own names; the process has the name of its first thread. */
  takeFirst(name: string, waitStatus: number): void {
    this.name = name;
    this.#firstStatus = waitStatus;
  }

  /** The first thread may have ended alone, before the exit of the process that ended the last one (`wait_task_zombie`). */
  takeLast(waitStatus: number): void {
    this.exitCode = shellExitCode(endOfStatus(waitStatus === 0 ? this.#firstStatus : waitStatus));
  }
}

/** Combines the kernel's records of threads into processes, and collects them per sample. */
export class ExitRecords {
  readonly #source: ExitRecordSource;
  /** By PID: processes of which some threads have ended, in the current batch and in the previous one. */
  #unfinished = new Map<number, Unfinished>();
  #unfinishedBefore = new Map<number, Unfinished>();
  #exits: ProcessExit[] = [];
  #receivedBefore = 0;
  #lostBefore = 0;
  readonly #take = (record: TaskRecord, buffer: Buffer) => this.#add(record, buffer);

  private constructor(source: ExitRecordSource) {
    this.#source = source;
  }

  /** Starts to receive records, or returns the reason why it cannot. `verify` must then confirm that records arrive. */
  static open(
    host: Pick<Host, 'clocks' | 'clocksMissing'>,
    options: ExitRecordOptions = {},
  ): ExitRecords | ExitRecordsFailure {
    // Records carry PIDs of the initial namespace, which are meaningless if `/proc` shows another one.
    if (host.clocks === null) return { kind: 'foreign-pids', detail: host.clocksMissing ?? '' };
    const source = ExitRecordSource.open(options);
    return source instanceof ExitRecordSource ? new ExitRecords(source) : source;
  }

  /** Returns null if records arrive (`ExitRecordSource.verify`). */
  verify(child?: () => Promise<number>): Promise<ExitRecordsFailure | null> {
    return this.#source.verify(this.#take, child);
  }

  /**
   * Processes that ended since the last call. Call once a sample, after all processes are read: every process that a
   * row has waited for by then is in this batch or in an earlier one.
   */
  drain(): ExitBatch {
    this.#source.drain(this.#take);
    const { received, lost } = this.#source;
    const lostNow = lost - this.#lostBefore;
    const all = received - this.#receivedBefore + lostNow;
    const batch = { exits: this.#exits, lostShare: all > 0 ? lostNow / all : 0 };
    this.#receivedBefore = received;
    this.#lostBefore = lost;
    this.#exits = [];
    const before = this.#unfinishedBefore;
    before.clear();
    this.#unfinishedBefore = this.#unfinished;
    this.#unfinished = before;
    return batch;
  }

  /** Thread records received so far. */
  get received(): number {
    return this.#source.received;
  }

  /** Records lost because the socket's buffer was full. */
  get lost(): number {
    return this.#source.lost;
  }

  close(): void {
    this.#source.close();
  }

  #add(record: TaskRecord, buffer: Buffer): void {
    const { tgid, isLast } = record;
    const known = this.#unfinished.get(tgid) ?? this.#unfinishedBefore.get(tgid);
    const process = known ?? new Unfinished(tgid);
    process.ppid = record.ppid;
    process.cpuSeconds += record.cpuMicros / 1e6;
    process.peakMemoryBytes = Math.max(process.peakMemoryBytes, record.peakMemoryBytes);
    addIoBytes(process, record);
    if (record.pid === tgid) process.takeFirst(commOfRecord(buffer, record), record.waitStatus);
    if (isLast) {
      process.takeLast(record.waitStatus);
      this.#unfinished.delete(tgid);
      this.#unfinishedBefore.delete(tgid);
      this.#exits.push(process);
    } else this.#unfinished.set(tgid, process);
  }
}
