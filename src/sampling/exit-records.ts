import type { Host } from '../host/host.ts';
import { addIoBytes, type IoBytes, noIoBytes } from '../host/proc/io.ts';
import {
  type ExitRecordOptions,
  ExitRecordSource,
  type ExitRecordsFailure,
} from '../host/taskstats/exit-record-source.ts';
import { commOfRecord, type TaskRecord } from '../host/taskstats/task-record.ts';
import { endOfStatus, shellExitCode } from '../host/wait-status.ts';

/** A process that has ended, as the kernel recorded it. Its bytes are its own, without its children's. */
export interface ProcessExit extends Readonly<IoBytes> {
  readonly pid: number;
  /** Its parent when it ended. */
  readonly ppid: number;
  /** `comm`. Hostile text. */
  readonly name: string;
  /** Sampled at the scheduler's ticks, so off by a factor at times: a weight, never to be booked as it stands. */
  readonly cpuSeconds: number;
  /** As shells have it: 128 and the signal's number if a signal ended it. Null where it is not known. */
  readonly exitCode: number | null;
  readonly peakMemoryBytes: number;
}

/** What ended between two samples, on the whole machine. */
export interface ExitBatch {
  readonly exits: readonly ProcessExit[];
  /** Share of the kernel's records of this time that had no room, 0 to 1. */
  readonly lostShare: number;
}

/** A batch in which nothing ended. */
export const NO_EXITS: ExitBatch = { exits: [], lostShare: 0 };

/** What its threads used so far, while some of them live. */
interface Unfinished extends IoBytes {
  pid: number;
  ppid: number;
  name: string;
  cpuSeconds: number;
  exitCode: number | null;
  peakMemoryBytes: number;
}

/** The kernel's records of threads, put together to processes and gathered from sample to sample. */
export class ExitRecords {
  readonly #source: ExitRecordSource;
  /** By PID: processes of which some threads have ended, in this batch and in the one before. */
  #unfinished = new Map<number, Unfinished>();
  #unfinishedBefore = new Map<number, Unfinished>();
  #exits: ProcessExit[] = [];
  #receivedBefore = 0;
  #lostBefore = 0;
  readonly #take = (record: TaskRecord, buffer: Buffer) => this.#add(record, buffer);

  private constructor(source: ExitRecordSource) {
    this.#source = source;
  }

  /** Begins to receive, or why it cannot. `verify` must then find that records arrive. */
  static open(
    host: Pick<Host, 'clocks' | 'clocksMissing'>,
    options: ExitRecordOptions = {},
  ): ExitRecords | ExitRecordsFailure {
    // The PIDs of records are the initial namespace's: they say nothing where `/proc` shows others.
    if (host.clocks === null) return { kind: 'foreign-pids', detail: host.clocksMissing ?? '' };
    const source = ExitRecordSource.open(options);
    return source instanceof ExitRecordSource ? new ExitRecords(source) : source;
  }

  /** Has a child of this program's own end, `child` if given: null if the record of it arrives. */
  verify(child?: Promise<number>): Promise<ExitRecordsFailure | null> {
    return this.#source.verify(this.#take, child);
  }

  /**
   * What ended since the last call. To be called once a sample, after its processes are read: whatever one of them has
   * waited for by then is in this batch or in one before.
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
    this.#unfinishedBefore = this.#unfinished;
    this.#unfinished = new Map();
    return batch;
  }

  /** Records of threads so far. */
  get received(): number {
    return this.#source.received;
  }

  /** Records that had no room in the socket's buffer. */
  get lost(): number {
    return this.#source.lost;
  }

  close(): void {
    this.#source.close();
  }

  #add(record: TaskRecord, buffer: Buffer): void {
    const { tgid, isLast } = record;
    const known = this.#unfinished.get(tgid) ?? this.#unfinishedBefore.get(tgid);
    const process = known ?? begun(tgid);
    process.ppid = record.ppid;
    process.cpuSeconds += record.cpuMicros / 1e6;
    process.peakMemoryBytes = Math.max(process.peakMemoryBytes, record.peakMemoryBytes);
    addIoBytes(process, record);
    const isFirst = record.pid === tgid;
    if (isFirst) process.exitCode = shellExitCode(endOfStatus(record.waitStatus));
    // Threads have names of their own; the process's is that of its first.
    if (isFirst || process.name === '') process.name = commOfRecord(buffer, record);
    if (isLast) {
      this.#unfinished.delete(tgid);
      this.#unfinishedBefore.delete(tgid);
      this.#exits.push(process);
    } else this.#unfinished.set(tgid, process);
  }
}

function begun(pid: number): Unfinished {
  return {
    pid,
    ppid: 0,
    name: '',
    cpuSeconds: 0,
    exitCode: null,
    peakMemoryBytes: 0,
    ...noIoBytes(),
  };
}
