import type { RemovedUsage } from '../discovery/targets/targets.ts';
import { diskBytesOf, transferBytesOf } from '../host/proc/io.ts';
import type { ProcessAccount } from '../ledger/accounts/process-account.ts';
import type { ProcessExit } from '../sampling/exit-records.ts';
import type { SpanContext, TraceParent } from './trace-context.ts';

/**
 * Source of a start time. `event`: the kernel reported the fork, or the process is the run's command, which was
 * released then. `start_time`: from `/proc`, to 10 ms. `first_sample`: the process existed at the first sample, or
 * joined its unit later.
 */
export type StartSource = 'event' | 'start_time' | 'first_sample';

/**
 * Source of an end time. `event`: the kernel reported the exit. `sample`: the first sample without the process, so the
 * process ended up to one interval earlier. `run_end`: the process was still running at the end of the run.
 */
export type EndSource = 'event' | 'sample' | 'run_end';

/** A process executed another program. */
export interface ExecMark {
  readonly atSeconds: number;
  /** Base name of the new program; null if unknown, because the kernel's event has no name. Hostile text. */
  executable: string | null;
  readonly source: 'event' | 'sample';
}

/** Further execs of one process are only counted. */
const MOST_EXECS = 32;

/** One instance of a unit, or a command: the root span of its processes. */
export interface TraceRoot {
  readonly context: SpanContext;
  /** Parent of the root, a span of another program. */
  readonly parent: TraceParent | null;
  /** Name of the unit, as in metrics. Hostile text. */
  readonly unit: string;
  /** Index of the unit. */
  readonly place: number;
  /**
   * Wall-clock time of second 0 of the monotonic clock at the start of the root. All times of its spans use it, so that
   * a step of the wall clock does not move spans relative to each other.
   */
  readonly zeroUnixMillis: number;
  startSeconds: number;
  endSeconds: number;
  endSource: EndSource;
  /** CPU of its cgroup during the run; NaN if unknown. */
  cpuSeconds: number;
  /** Number of processes that had a span so far. */
  processes: number;
  /** Exit code of a command that has exited; null otherwise. */
  exitCode: number | null;
}

/** Adds the CPU of an instance after its last reading; `before` and `now`: removed usage of its unit in two samples. */
export function addFinalCpu(
  root: TraceRoot,
  before: RemovedUsage | null | undefined,
  now: RemovedUsage | null | undefined,
): void {
  if (!before || !now || now.unseenInstances > before.unseenInstances) return;
  const seconds = now.cpuSeconds - before.cpuSeconds;
  if (seconds > 0) root.cpuSeconds = (Number.isNaN(root.cpuSeconds) ? 0 : root.cpuSeconds) + seconds;
}

/** Usage of a process in its span. NaN: unknown. */
export interface SpanUsage {
  readonly cpuSeconds: number;
  /** CPU of waited-for descendants that have neither a row nor an exit record. */
  readonly reapedSeconds: number;
  readonly peakMemoryBytes: number;
  readonly diskBytes: number;
  readonly transferBytes: number;
}

/** Name of a process without a sample and a record. */
const UNNAMED = '(unnamed)';

const NOTHING_KNOWN: SpanUsage = {
  cpuSeconds: Number.NaN,
  reapedSeconds: Number.NaN,
  peakMemoryBytes: Number.NaN,
  diskBytes: Number.NaN,
  transferBytes: Number.NaN,
};

/** Known facts when a process is first seen. */
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
  /** Last known name, as in the summary. Hostile text. */
  name: string;
  /** Last known base name of its executable, or `comm` if unknown. Hostile text. */
  executable: string;
  /** Scrubbed; null if not shown. Hostile text. */
  command: string | null = null;
  /** `ProcessIdentity.startedUnixMillis`; NaN if unknown. */
  createdUnixMillis = Number.NaN;
  usage: SpanUsage = NOTHING_KNOWN;
  /** No sample contains the process: its CPU is a share of what its waiting ancestor reaped, from exit records. */
  isUnseen = false;
  /** It is outside of the unit, and has no span: its children are assigned to its parent. */
  isOutside = false;
  /** A child's span was sent with this one as its parent, so this span cannot be folded. */
  hasSentChild = false;
  /** The folded span that includes the process; null if it has a span of its own. */
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

  /**
   * The process that forked it; null if that one has no span (the parent is then the root), and after its own span was
   * sent.
   */
  get parent(): ProcessNode | null {
    return this.#parent;
  }

  /**
   * Its span was sent; `namesParent`: with the parent's span as its parent. Drops the reference, so that the last
   * descendant does not keep a chain of ended parents in memory.
   */
  noteSent(namesParent: boolean): void {
    if (this.#parent !== null && namesParent) this.#parent.hasSentChild = true;
    this.#parent = null;
  }

  /** Adds an exec. */
  noteExec(mark: ExecMark): void {
    this.execCount++;
    if (mark.executable !== null) this.executable = mark.executable;
    if (this.execs.length < MOST_EXECS) this.execs.push(mark);
  }

  /** Names the program of its last exec, if it is unnamed. False if there is no unnamed exec. */
  nameLastExec(executable: string): boolean {
    this.executable = executable;
    const last = this.execs.at(-1);
    if (last === undefined || last.executable !== null) return false;
    last.executable = executable;
    return true;
  }

  /** Ends it with the usage in `account`, to which nothing more is booked. */
  end(atSeconds: number, source: EndSource, account: ProcessAccount): void {
    this.#end(atSeconds, source);
    this.exitCode = account.exitCode ?? this.exitCode;
    this.command = account.identity.command;
    this.createdUnixMillis = account.identity.startedUnixMillis;
    this.usage = usageOf(account);
  }

  /** Ends a process that no sample contains, with its exit record, if any. */
  endUnseen(atSeconds: number, source: EndSource, record: ProcessExit | null): void {
    this.#end(atSeconds, source);
    this.isUnseen = true;
    if (record === null) {
      // The name inherited from its parent is wrong after an exec.
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
      diskBytes: diskBytesOf(record),
      transferBytes: transferBytesOf(record),
    };
  }

  #end(atSeconds: number, source: EndSource): void {
    this.endSeconds = Math.max(atSeconds, this.startSeconds);
    this.endSource = source;
  }

  get durationSeconds(): number {
    return this.endSeconds - this.startSeconds;
  }

  /** The span that children use as their parent. */
  get standInSpanId(): string {
    return this.isOutside ? this.parentSpanId : (this.foldedInto ?? this).spanId;
  }

  get parentSpanId(): string {
    return this.#parent?.standInSpanId ?? this.root.context.spanId;
  }
}

/** Returns `comm` if the exit record has another one: the process had executed another program by then. */
export function executableOf(account: ProcessAccount): string {
  const { identity, name } = account;
  return name === identity.name ? identity.executable : name;
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
