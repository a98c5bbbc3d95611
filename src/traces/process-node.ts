import type { ProcessAccount } from '../ledger/accounts/process-account.ts';
import type { ProcessExit } from '../sampling/exit-records.ts';
import type { SpanContext, TraceParent } from './trace-context.ts';

/**
 * How a start is known. `event`: the kernel reported the fork, or the process is the run's command, which was let go then. `start_time`: `/proc` has it, to 10 ms. `first_sample`: the
 * process was there when the first sample was taken, or joined its unit later.
 */
export type StartSource = 'event' | 'start_time' | 'first_sample';

/**
 * How an end is known. `event`: the kernel reported the exit. `sample`: the first sample that no longer saw the process, so
 * the process ended up to one interval earlier. `run_end`: the process still ran when the run ended.
 */
export type EndSource = 'event' | 'sample' | 'run_end';

/** A process replaced its program. */
export interface ExecMark {
  readonly atSeconds: number;
  /** Base name of the new program; null if unknown: the kernel's event has no name. Hostile text. */
  executable: string | null;
  readonly source: 'event' | 'sample';
}

/** Marks of one process beyond this many are counted only. */
const MOST_EXECS = 32;

/** One instance of a unit, or a command: the root of the spans of its processes. */
export interface TraceRoot {
  readonly context: SpanContext;
  /** The span of another program that the root is a child of. */
  readonly parent: TraceParent | null;
  /** Of the unit, as metrics have it. Hostile text. */
  readonly unit: string;
  /** Index of the unit. */
  readonly place: number;
  /**
   * Wall-clock time of second 0 of the monotonic clock when the root began, by which all times of its spans are reported: a step
   * of the wall clock moves no span against another.
   */
  readonly zeroUnixMillis: number;
  startSeconds: number;
  endSeconds: number;
  endSource: EndSource;
  /** CPU of its cgroup while it was watched; NaN where that is not known. */
  cpuSeconds: number;
  /** Processes that have had a span so far. */
  processes: number;
  /** Of a command, once it has exited; null otherwise. */
  exitCode: number | null;
}

/** What a process used, as its span reports it. NaN: not known. */
export interface SpanUsage {
  readonly cpuSeconds: number;
  /** CPU of descendants that it waited for and that have no row, and of which no records tell. */
  readonly reapedSeconds: number;
  readonly peakMemoryBytes: number;
  readonly diskBytes: number;
  readonly transferBytes: number;
}

/** Of a process that no sample and no record named. */
const UNNAMED = '(unnamed)';

const NOTHING_KNOWN: SpanUsage = {
  cpuSeconds: Number.NaN,
  reapedSeconds: Number.NaN,
  peakMemoryBytes: Number.NaN,
  diskBytes: Number.NaN,
  transferBytes: Number.NaN,
};

/** What is known of a process when it is first seen. */
interface NodeStart {
  readonly root: TraceRoot;
  readonly parent: ProcessNode | null;
  readonly spanId: string;
  readonly pid: number;
  readonly parentPid: number;
  readonly startSeconds: number;
  readonly startSource: StartSource;
  readonly name: string;
  readonly executable: string;
}

/** One process on its way to a span. Times are seconds on the monotonic clock of the run. */
export class ProcessNode {
  readonly root: TraceRoot;
  readonly spanId: string;
  readonly pid: number;
  readonly parentPid: number;
  startSeconds: number;
  startSource: StartSource;
  endSeconds = Number.NaN;
  endSource: EndSource = 'sample';
  exitCode: number | null = null;
  readonly execs: ExecMark[] = [];
  execCount = 0;
  /** What the summary calls it, as last seen. Hostile text. */
  name: string;
  /** Base name of its executable, as last seen; `comm` where that is not known. Hostile text. */
  executable: string;
  /** Scrubbed; null where it is not shown. Hostile text. */
  command: string | null = null;
  /** As identities have it (`ProcessIdentity.startedUnixMillis`); NaN: not known. */
  createdUnixMillis = Number.NaN;
  usage: SpanUsage = NOTHING_KNOWN;
  /** No sample saw it: its CPU is a share of what its waiting ancestor reaped, by the kernel's records. */
  isUnseen = false;
  /** It lives outside of the unit, and has no span: its children are those of its parent. */
  isOutside = false;
  /** A child's span was sent with this one as its parent: it cannot fold any more. */
  hasSentChild = false;
  /** The span that stands for it among others; null: its own does. */
  foldedInto: { readonly spanId: string } | null = null;
  #parent: ProcessNode | null;

  constructor(start: NodeStart) {
    this.root = start.root;
    this.#parent = start.parent;
    this.spanId = start.spanId;
    this.pid = start.pid;
    this.parentPid = start.parentPid;
    this.startSeconds = start.startSeconds;
    this.startSource = start.startSource;
    this.name = start.name;
    this.executable = start.executable;
  }

  /** The process that forked it; null where that has no span, and the root is its parent, and once its own was sent. */
  get parent(): ProcessNode | null {
    return this.#parent;
  }

  /**
   * Its span was sent; `namesParent`: with the parent's as its parent. A chain of parents that are long gone is not kept by
   * the last of their descendants.
   */
  noteSent(namesParent: boolean): void {
    if (this.#parent !== null && namesParent) this.#parent.hasSentChild = true;
    this.#parent = null;
  }

  /** Notes that it runs another program. */
  noteExec(mark: ExecMark): void {
    this.execCount++;
    if (mark.executable !== null) this.executable = mark.executable;
    if (this.execs.length < MOST_EXECS) this.execs.push(mark);
  }

  /** Names the program of its last exec, where nothing has. False: there is none without a name. */
  nameLastExec(executable: string): boolean {
    this.executable = executable;
    const last = this.execs.at(-1);
    if (last === undefined || last.executable !== null) return false;
    last.executable = executable;
    return true;
  }

  /** Ends it, with what `account` holds of it: nothing more is booked to it. */
  end(atSeconds: number, source: EndSource, account: ProcessAccount): void {
    this.#end(atSeconds, source);
    this.exitCode = account.exitCode ?? this.exitCode;
    this.command = account.identity.command;
    this.createdUnixMillis = account.identity.startedUnixMillis;
    this.usage = usageOf(account);
  }

  /** Ends it where no sample saw it, with the kernel's record of its end; null: there is none. */
  endUnseen(atSeconds: number, source: EndSource, record: ProcessExit | null): void {
    this.#end(atSeconds, source);
    this.isUnseen = true;
    if (record === null) {
      // Its parent's name is known to be wrong.
      if (this.execCount > 0) this.name = UNNAMED;
      return;
    }
    this.name = record.name;
    this.nameLastExec(record.name);
    this.exitCode = record.exitCode ?? this.exitCode;
    this.usage = {
      cpuSeconds: record.cpuSeconds,
      reapedSeconds: 0,
      peakMemoryBytes: record.peakMemoryBytes,
      diskBytes: record.readBytes + record.writeBytes,
      transferBytes: record.readChars + record.writeChars,
    };
  }

  #end(atSeconds: number, source: EndSource): void {
    this.endSeconds = Math.max(atSeconds, this.startSeconds);
    this.endSource = source;
  }

  get durationSeconds(): number {
    return this.endSeconds - this.startSeconds;
  }

  /** Of the span that children name as their parent. */
  get standInSpanId(): string {
    return this.isOutside ? this.parentSpanId : (this.foldedInto ?? this).spanId;
  }

  get parentSpanId(): string {
    return this.#parent?.standInSpanId ?? this.root.context.spanId;
  }
}

function usageOf(account: ProcessAccount): SpanUsage {
  const { cpuSeconds, reapedCpuSeconds, peakMemoryBytes, diskBytes, transferBytes } = account;
  return {
    cpuSeconds,
    reapedSeconds: reapedCpuSeconds,
    peakMemoryBytes,
    diskBytes: diskBytes ?? Number.NaN,
    transferBytes: transferBytes ?? Number.NaN,
  };
}
