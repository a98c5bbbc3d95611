import type { ProcessExit } from '../sampling/exit-records.ts';
import { isSameBirth } from '../sampling/process-events.ts';
import type { ProcessNode, TraceRoot } from './process-node.ts';

/** One instance whose root has not ended. */
export interface OpenTrace {
  readonly root: TraceRoot;
  /** Processes that have not ended. */
  open: number;
  isGone: boolean;
}

/** How a process ended, as the kernel's event has it. */
interface ReportedExit {
  readonly atSeconds: number;
  /** 128 and the signal's number if a signal ended it. */
  readonly exitCode: number | null;
}

/** A process whose span was not handed out. */
export interface OpenNode {
  readonly node: ProcessNode;
  readonly trace: OpenTrace;
  /** By its birth event, or by its start time; NaN: not known. */
  readonly bornAtSeconds: number;
  /** The tick in which it was met. */
  readonly metAtTick: number;
  /** Of its row; null while no sample saw it. */
  serial: number | null;
  exit: ReportedExit | null;
  /** The tick in which the event of its exit came. */
  exitAtTick: number;
  record: ProcessExit | null;
  hasRecord: boolean;
}

/** Processes that live, or that ended and wait for what else is to be known of them. */
export class OpenNodes {
  readonly #bySerial = new Map<number, OpenNode>();
  /** Oldest first: one for each trace that the process is in, and more where a number was used again. */
  readonly #byPid = new Map<number, OpenNode[]>();

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
    const left = this.#byPid.get(pid)!.filter((other) => other !== open);
    if (left.length === 0) this.#byPid.delete(pid);
    else this.#byPid.set(pid, left);
    if (open.serial !== null) this.#bySerial.delete(open.serial);
    open.trace.open--;
  }

  ofSerial(serial: number): OpenNode | undefined {
    return this.#bySerial.get(serial);
  }

  /** The process with that number in a trace: the youngest that `fits`. */
  inTrace(trace: OpenTrace, pid: number, fits: (open: OpenNode) => boolean): OpenNode | undefined {
    return this.#byPid.get(pid)?.findLast((open) => open.trace === trace && fits(open));
  }

  /** Those with that number of whose end no event has come, one a trace; the youngest of each. */
  living(pid: number): readonly OpenNode[] {
    const all = this.#byPid.get(pid) ?? [];
    return all.filter(
      (open, at) =>
        open.exit === null && !all.some((other, later) => later > at && other.trace === open.trace),
    );
  }

  /** The youngest with that number in each trace: one whose first thread ended goes on if it executes a program. */
  runOn(pid: number): readonly OpenNode[] {
    const all = this.#byPid.get(pid) ?? [];
    const last = all.filter(
      (open, at) => !all.some((other, later) => later > at && other.trace === open.trace),
    );
    for (const open of last) open.exit = null;
    return last;
  }

  /** The one without a row that this row is of, by its number and its birth. */
  unseen(trace: OpenTrace, pid: number, bornAtSeconds: number): OpenNode | undefined {
    return this.inTrace(
      trace,
      pid,
      (open) => open.serial === null && isSameBirth(bornAtSeconds, open.bornAtSeconds),
    );
  }

  /** A sample saw it. */
  setSerial(open: OpenNode, serial: number): void {
    open.serial = serial;
    this.#bySerial.set(serial, open);
  }

  /** Gives the kernel's record to the process that it is of, in each trace. False: to none. */
  giveRecord(record: ProcessExit): boolean {
    const given = new Set<OpenTrace>();
    for (const open of this.#byPid.get(record.pid) ?? []) {
      if (open.exit === null || open.hasRecord || given.has(open.trace)) continue;
      open.hasRecord = true;
      open.record = record;
      given.add(open.trace);
    }
    return given.size > 0;
  }

  *all(): Generator<OpenNode, void, undefined> {
    for (const opens of this.#byPid.values()) yield* opens;
  }
}
