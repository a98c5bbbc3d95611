import type { ProcessExit } from '../sampling/exit-records.ts';
import { isSameBirth } from '../sampling/process-events.ts';
import type { ProcessNode, TraceRoot } from './process-node.ts';

/** An instance whose root span has not ended. */
export interface OpenTrace {
  readonly root: TraceRoot;
  /** Number of processes that have not ended. */
  open: number;
  isGone: boolean;
}

/** End of the first thread of a process as reported by the kernel's event, usually that of the whole process. */
class ReportedExit {
  readonly atSeconds: number;
  /** 128 + signal number if a signal ended it. */
  readonly exitCode: number | null;
  /** Time of the sample after the event; NaN before that. */
  nextSampleSeconds = Number.NaN;

  constructor(atSeconds: number, exitCode: number | null) {
    this.atSeconds = atSeconds;
    this.exitCode = exitCode;
  }

  /** False if other threads continued: a sample has seen the process alive. `endedAtSeconds`: null while it is. */
  isOfProcess(endedAtSeconds: number | null): boolean {
    return !((endedAtSeconds ?? Number.POSITIVE_INFINITY) > this.nextSampleSeconds);
  }
}

/** A process whose span has not been emitted. */
export interface OpenNode {
  readonly node: ProcessNode;
  readonly trace: OpenTrace;
  /** From its birth event, or its start time; NaN if unknown. */
  readonly bornAtSeconds: number;
  /** The tick in which it was found. */
  readonly metAtTick: number;
  /** Serial of its row; null until a sample contains it. */
  serial: number | null;
  exit: ReportedExit | null;
  /** The tick in which its exit event came. */
  exitAtTick: number;
  record: ProcessExit | null;
  hasRecord: boolean;
}

const NONE: readonly OpenNode[] = [];

/** Processes that are alive, or that ended and wait for further data. */
export class OpenNodes {
  readonly #bySerial = new Map<number, OpenNode>();
  /** Oldest first: one for each trace that contains the process, and more if the PID was reused. */
  readonly #byPid = new Map<number, OpenNode[]>();
  /** Exits since the last sample. */
  readonly #exits: ReportedExit[] = [];

  /** A sample was taken. */
  noteSample(atSeconds: number): void {
    for (const exit of this.#exits) exit.nextSampleSeconds = atSeconds;
    this.#exits.length = 0;
  }

  /** Its exit event came with the events of `tick`. */
  noteExit(open: OpenNode, atSeconds: number, exitCode: number | null, tick: number): void {
    open.exit = new ReportedExit(atSeconds, exitCode);
    open.exitAtTick = tick;
    this.#exits.push(open.exit);
  }

  add(open: OpenNode): void {
    const { pid } = open.node;
    const others = this.#byPid.get(pid);
    if (others === undefined) this.#byPid.set(pid, [open]);
    else others.push(open);
    if (open.serial !== null) this.#bySerial.set(open.serial, open);
    open.trace.open++;
  }

  remove(open: OpenNode): void {
    const { pid } = open.node;
    const all = this.#byPid.get(pid)!;
    if (all.length === 1) this.#byPid.delete(pid);
    else
      this.#byPid.set(
        pid,
        all.filter((other) => other !== open),
      );
    if (open.serial !== null) this.#bySerial.delete(open.serial);
    open.trace.open--;
  }

  ofSerial(serial: number): OpenNode | undefined {
    return this.#bySerial.get(serial);
  }

  /** The process with that PID in a trace: the youngest that `fits`. */
  inTrace(trace: OpenTrace, pid: number, fits: (open: OpenNode) => boolean): OpenNode | undefined {
    return this.#byPid.get(pid)?.findLast((open) => open.trace === trace && fits(open));
  }

  /** Processes with that PID without an exit event: the youngest in each trace. */
  living(pid: number): readonly OpenNode[] {
    const last = this.#youngest(pid);
    if (last.length === 1) return last[0]!.exit === null ? last : NONE;
    return last.filter(({ exit }) => exit === null);
  }

  /** The youngest with that PID in each trace: a process whose first thread ended continues if it executes a program. */
  runOn(pid: number): readonly OpenNode[] {
    const last = this.#youngest(pid);
    for (const open of last) open.exit = null;
    return last;
  }

  /** The process without a row to which a row belongs, by PID and birth. */
  unseen(trace: OpenTrace, pid: number, bornAtSeconds: number): OpenNode | undefined {
    return this.inTrace(
      trace,
      pid,
      (open) => open.serial === null && isSameBirth(bornAtSeconds, open.bornAtSeconds),
    );
  }

  /** Links the process to its row. */
  setSerial(open: OpenNode, serial: number): void {
    open.serial = serial;
    this.#bySerial.set(serial, open);
  }

  /** Assigns an exit record to its process, in each trace. Returns false if there is none. */
  giveRecord(record: ProcessExit): boolean {
    const all = this.#byPid.get(record.pid) ?? NONE;
    let isGiven = false;
    for (const open of all) {
      if (open.exit === null || open.hasRecord) continue;
      // An older process with the same PID in this trace has it.
      if (isGiven && all.some((other) => other.trace === open.trace && other.record === record)) continue;
      open.hasRecord = true;
      open.record = record;
      isGiven = true;
    }
    return isGiven;
  }

  /** The youngest with that PID in each trace. Allocates nothing in the usual case: one trace, and no reused PID. */
  #youngest(pid: number): readonly OpenNode[] {
    const all = this.#byPid.get(pid) ?? NONE;
    if (all.length <= 1) return all;
    return all.filter((open, at) => !all.some((other, later) => later > at && other.trace === open.trace));
  }

  *all(): Generator<OpenNode, void, undefined> {
    for (const opens of this.#byPid.values()) yield* opens;
  }
}
