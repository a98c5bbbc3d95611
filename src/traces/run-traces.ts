import { OTHER_NAMES } from '../ledger/accounts/other.ts';
import type { RunTraceExport } from '../ledger/document/run-document.ts';
import type { ExitBatch } from '../sampling/exit-records.ts';
import type { ProcessEventBatch } from '../sampling/process-events.ts';
import type { Sample } from '../sampling/sample.ts';
import type { Log } from '../text/log.ts';
import type { BookedTick } from './booked-tick.ts';
import { foldSpans } from './fold.ts';
import type { ProcessNode } from './process-node.ts';
import { SpanBook } from './span-book.ts';
import { SpanBudget } from './span-budget.ts';
import type { SpanSink } from './span-sink.ts';
import {
  newContext,
  readTraceParent,
  type SpanContext,
  type TraceParent,
  withTraceContext,
} from './trace-context.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A sample, and the kernel's reports since the previous one. */
export interface ReportedTick {
  readonly sample: Sample;
  readonly exits?: ExitBatch;
  readonly events?: ProcessEventBatch;
}

/** The part of the ledger from which spans are created. */
interface Books extends BookedTick {
  readonly unseen: UnseenBooks;
  /** Units that lost their slots to others in the tick. */
  readonly retired: readonly { readonly place: number }[];
}

/** Receives ended spans. */
type Sink = Pick<SpanSink, 'send' | 'shutdown' | 'counts'>;

export interface RunTracesOptions {
  /** May contain the context of another program's span. */
  readonly environment: Environment;
  /** Spans of processes per minute; for a command also in total. */
  readonly mostSpans: number;
  /** Whether the run follows a command. */
  readonly isOfCommand: boolean;
  /** Wall-clock time of a monotonic time, by the current wall clock. */
  readonly unixMillisAt: (atSeconds: number) => number;
  readonly log: Log;
}

/**
 * The traces of a run: from its samples to batches of spans. If another program decided against recording the trace,
 * nothing is sent.
 */
export class RunTraces {
  readonly #options: RunTracesOptions;
  readonly #commandContext: SpanContext | null;
  readonly #isRecorded: boolean;
  readonly #budget: SpanBudget;
  readonly #unseenCpu = new UnseenCpu(OTHER_NAMES);
  #book: SpanBook;
  #sink: Sink | null = null;
  #spans = 0;
  #foldedProcesses = 0;
  readonly #parent: TraceParent | null;

  constructor(options: RunTracesOptions) {
    const { environment, mostSpans, isOfCommand, log } = options;
    this.#options = options;
    this.#parent = readTraceParent(environment, (sentence) => log.warn({}, sentence));
    this.#commandContext = isOfCommand ? newContext(this.#parent) : null;
    this.#isRecorded = this.#parent?.isSampled ?? true;
    this.#budget = new SpanBudget(mostSpans, isOfCommand);
    this.#book = this.#newBook(null);
    if (!this.#isRecorded)
      log.warn({}, 'the trace of TRACEPARENT is not recorded (sampled flag 0); no spans are sent');
  }

  /** The environment of the command: spans of instrumented programs become children of the run's root. */
  commandEnvironment(environment: Environment): Environment {
    return this.#commandContext === null ? environment : withTraceContext(environment, this.#commandContext);
  }

  /** Call before the first sample, if a command waits at its gate. */
  expectCommand(pid: number): void {
    this.#book = this.#newBook(pid);
  }

  /** The command was released, after the first sample. */
  beginCommand(atSeconds: number): void {
    this.#book.beginCommand(atSeconds);
  }

  /** Starts sending to `sink`. */
  open(sink: Sink): void {
    this.#sink = sink;
  }

  /** Takes a booked sample. `closesWindow`: send ended spans. */
  take({ sample, exits, events }: ReportedTick, booked: Books, closesWindow: boolean): void {
    if (!this.#isRecorded) return;
    for (const { place } of booked.retired) this.#unseenCpu.forget(place);
    this.#book.take(sample, booked, exits, events);
    if (closesWindow || this.#book.pending > this.#options.mostSpans)
      this.#send(booked, sample.atSeconds, false);
  }

  /**
   * The run is over; its last sample was taken at `atSeconds`: all spans end. `exitCode`: of the command; null without
   * one.
   */
  finish(atSeconds: number, booked: Books, exitCode: number | null): void {
    if (!this.#isRecorded) return;
    this.#book.finish(atSeconds, booked, exitCode);
    this.#send(booked, atSeconds, true);
  }

  /** Outcome of the spans so far; null if none are sent. */
  get counts(): RunTraceExport | null {
    if (this.#sink === null || !this.#isRecorded) return null;
    const { delivered, failed, spooled, rejectedPoints } = this.#sink.counts;
    return {
      spans: this.#spans,
      foldedProcesses: this.#foldedProcesses,
      ...{ delivered, failed, spooled },
      rejectedSpans: rejectedPoints,
    };
  }

  /** See `Delivery.shutdown`. */
  async shutdown(seconds: number): Promise<void> {
    await this.#sink?.shutdown(seconds);
  }

  #newBook(gatePid: number | null): SpanBook {
    const { unixMillisAt } = this.#options;
    return new SpanBook({
      ...{ parent: this.#parent, firstContext: this.#commandContext, unixMillisAt, gatePid },
    });
  }

  #send({ unseen }: Books, atSeconds: number, isLast: boolean): void {
    if (this.#sink === null) return;
    const { nodes, roots } = this.#book.drain();
    if (nodes.length === 0 && roots.length === 0) return;
    this.#unseenCpu.settle(nodes, unseen);
    const batch = foldSpans(nodes, this.#budget.room(atSeconds, isLast));
    const spans = batch.single.length + batch.folded.length;
    this.#budget.note(spans);
    this.#spans += spans + roots.length;
    this.#sink.send(batch, roots);
    for (const node of batch.single) node.noteSent(true);
    for (const { members, areSiblings } of batch.folded) {
      this.#foldedProcesses += members.length;
      for (const node of members) node.noteSent(areSiblings);
    }
  }
}

/** Booked CPU of processes that ended unseen, by name. */
interface UnseenBooks {
  /** Rows of one unit since the start of the run. */
  rowsOf(unit: number): readonly { readonly name: string; readonly cpuSeconds: number }[];
}

/**
 * Assigns each process that no sample contains its share of the booked CPU of its name. The kernel's records can be off
 * by a factor, so they are used as weights only. The spans of a name then add up to its row in the summary.
 */
class UnseenCpu {
  readonly #otherNames: string;
  /** By index of the unit, by name: CPU in the spans that were sent. */
  readonly #given = new Map<number, Map<string, number>>();

  /** `otherNames`: the row in the books for names beyond the limit. */
  constructor(otherNames: string) {
    this.#otherNames = otherNames;
  }

  /** Another unit uses this index from now on, with bookings of its own. */
  forget(place: number): void {
    this.#given.delete(place);
  }

  settle(ended: readonly ProcessNode[], books: UnseenBooks): void {
    const unseen = ended.filter(({ isUnseen, usage }) => isUnseen && !Number.isNaN(usage.cpuSeconds));
    for (const [place, nodes] of Map.groupBy(unseen, ({ root }) => root.place)) {
      const booked = new Map(books.rowsOf(place).map(({ name, cpuSeconds }) => [name, cpuSeconds]));
      const rowOf = ({ name }: ProcessNode) => (booked.has(name) ? name : this.#otherNames);
      const given = this.#givenOf(place);
      for (const [name, members] of Map.groupBy(nodes, rowOf)) {
        const bookedSeconds = booked.get(name) ?? 0;
        divide(bookedSeconds - (given.get(name) ?? 0), members);
        given.set(name, bookedSeconds);
      }
    }
  }

  #givenOf(place: number): Map<string, number> {
    let given = this.#given.get(place);
    if (given === undefined) {
      given = new Map();
      this.#given.set(place, given);
    }
    return given;
  }
}

/** Divides CPU among processes, in proportion to their records. */
function divide(seconds: number, members: readonly ProcessNode[]): void {
  const weights = members.reduce((sum, { usage }) => sum + usage.cpuSeconds, 0);
  for (const node of members) {
    const share = weights > 0 ? node.usage.cpuSeconds / weights : 1 / members.length;
    node.usage = { ...node.usage, cpuSeconds: seconds * share };
  }
}
