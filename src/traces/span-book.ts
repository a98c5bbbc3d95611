import type { ProcessEvent } from '../host/proc-events/process-event.ts';
import { shellExitCode } from '../host/wait-status.ts';
import type { ProcessAccount } from '../ledger/accounts/process-account.ts';
import { BIRTH_SECONDS } from '../ledger/exits/exit-chains.ts';
import { type ExitBatch, NO_EXITS, type ProcessExit } from '../sampling/exit-records.ts';
import { ORIGIN_BIRTH, ROW_FOREIGN_CHILD } from '../sampling/process-columns.ts';
import { isSameBirth, NO_EVENTS, type ProcessEventBatch } from '../sampling/process-events.ts';
import type { InstanceReading, Sample } from '../sampling/sample.ts';
import type { BookedTick } from './booked-tick.ts';
import { NewRows } from './new-rows.ts';
import { type OpenNode, OpenNodes, type OpenTrace } from './open-nodes.ts';
import { addFinalCpu, type EndSource, executableOf, ProcessNode, type TraceRoot } from './process-node.ts';
import { newContext, newSpanId, type SpanContext, type TraceParent } from './trace-context.ts';

/** After this many samples without a sample or exit, a process is outside of the unit, or its exit event was lost. */
const UNSEEN_TICKS = 25;

export interface SpanBookOptions {
  /** Span of another program; null: each instance starts a trace of its own. */
  readonly parent: TraceParent | null;
  /** Context of the root of the first instance, if it had to be known earlier: the command has it in its environment. */
  readonly firstContext: SpanContext | null;
  /** Wall-clock time of a monotonic time, by the current wall clock. */
  readonly unixMillisAt: (atSeconds: number) => number;
  /** PID of a command that starts as the shell at its gate: its first exec is not recorded. */
  readonly gatePid: number | null;
}

/** Ended spans. */
export interface EndedSpans {
  readonly nodes: readonly ProcessNode[];
  /** After all their processes. */
  readonly roots: readonly TraceRoot[];
}

/** Keeps living processes as open spans, and returns ended ones. */
export class SpanBook {
  readonly #options: SpanBookOptions;
  /** By serial of the instance. */
  readonly #traces = new Map<number, OpenTrace>();
  readonly #open = new OpenNodes();
  #firstContext: SpanContext | null;
  #command: ProcessNode | undefined;
  /** The command was executed; and a sample has shown it instead of the shell at the gate. */
  #gateIsPassed = false;
  #commandIsNamed = false;
  #beforeSeconds = Number.NaN;
  /** Ended processes without rows, which wait for their records. */
  #endedUnseen: OpenNode[] = [];
  /** Records of the previous batch without a matching exit: the event may come later than the record. */
  #early: readonly ProcessExit[] = [];
  readonly #newRows = new NewRows();
  #endedBefore: Sample['ended'] = [];
  #nodes: ProcessNode[] = [];
  #roots: TraceRoot[] = [];

  constructor(options: SpanBookOptions) {
    this.#options = options;
    this.#firstContext = options.firstContext;
  }

  /** Number of ended processes that were not returned yet. */
  get pending(): number {
    return this.#nodes.length;
  }

  /** Takes a booked sample, with the kernel's reports since the previous one. */
  take(
    now: Sample,
    booked: BookedTick,
    { exits }: ExitBatch = NO_EXITS,
    { events }: ProcessEventBatch = NO_EVENTS,
  ): void {
    this.#open.noteSample(now.atSeconds);
    for (const instance of now.instances) this.#meetInstance(now, instance, booked);
    if (events.length > 0) this.#takeEvents(now, events, booked);
    for (let i = 0; i < now.changedCount; i++) this.#followRow(now, now.changed[i]!, booked);
    this.#takeRecords(exits);
    for (const account of booked.ended) this.#end(now, account);
    this.#endUnseen(now);
    this.#closeTraces(now);
    this.#beforeSeconds = now.atSeconds;
  }

  /** The run is over: all open spans end. `exitCode`: of the command; null without one. */
  finish(atSeconds: number, booked: BookedTick, exitCode: number | null): void {
    for (const account of booked.openAccounts()) this.#endOpen(account, atSeconds, 'run_end');
    for (const open of [...this.#open.all()]) this.#dropUnseen(open, atSeconds, 'run_end');
    // Known also without exit records.
    if (this.#command !== undefined) this.#command.exitCode ??= exitCode;
    for (const trace of this.#traces.values()) {
      trace.root.exitCode = exitCode;
      this.#endRoot(trace, atSeconds, 'run_end');
    }
    this.#traces.clear();
  }

  /** The command was released: it starts now, and so does its instance. */
  beginCommand(atSeconds: number): void {
    this.#command = this.#open.living(this.#options.gatePid ?? Number.NaN)[0]?.node;
    if (this.#command === undefined) return;
    this.#command.startSeconds = atSeconds;
    this.#command.startSource = 'event';
    this.#command.root.startSeconds = atSeconds;
  }

  /** Spans that ended since the last call, in the order of their ends. */
  drain(): EndedSpans {
    const ended = { nodes: this.#nodes, roots: this.#roots };
    this.#nodes = [];
    this.#roots = [];
    return ended;
  }

  #meetInstance(now: Sample, instance: InstanceReading, { units }: BookedTick): void {
    const { serial, unit, bornWatched, cpuSeconds, startCpuSeconds } = instance;
    let trace = this.#traces.get(serial);
    if (trace === undefined) {
      const { parent, unixMillisAt } = this.#options;
      const root: TraceRoot = {
        context: this.#firstContext ?? newContext(parent),
        parent,
        unit: units[unit]!.unit,
        place: unit,
        zeroUnixMillis: unixMillisAt(0),
        startSeconds: bornWatched ? Math.min(this.#beforeSeconds, now.atSeconds) : now.atSeconds,
        endSeconds: now.atSeconds,
        endSource: 'sample',
        cpuSeconds: Number.NaN,
        processes: 0,
        exitCode: null,
      };
      this.#firstContext = null;
      trace = { root, open: 0, isGone: false };
      this.#traces.set(serial, trace);
    }
    trace.root.endSeconds = now.atSeconds;
    const used = cpuSeconds - startCpuSeconds;
    if (!Number.isNaN(used)) trace.root.cpuSeconds = used;
  }

  #takeEvents(now: Sample, events: readonly ProcessEvent[], booked: BookedTick): void {
    const { accounts } = booked;
    const isKnown = (serial: number) => this.#open.ofSerial(serial) !== undefined;
    // Before the births of their children.
    for (const slot of this.#newRows.list(now, accounts, events, isKnown))
      this.#meetRow(now, slot, accounts[slot]!);
    for (const event of events) this.#takeEvent(now, event, booked);
  }

  #takeEvent(now: Sample, event: ProcessEvent, booked: BookedTick): void {
    const { tick } = now;
    const { kind, pid, atSeconds } = event;
    if (kind === 'fork') {
      for (const parent of this.#open.living(event.parentPid)) this.#bornOf(parent, event, tick);
      for (const slot of this.#newRows.slotsOf(pid))
        this.#meetBorn(now, slot, atSeconds, booked.accounts[slot]!);
      return;
    }
    if (kind === 'exit') {
      const exitCode = shellExitCode(event);
      for (const open of this.#open.living(pid)) {
        this.#open.noteExit(open, atSeconds, exitCode, tick);
        if (open.serial === null) this.#endedUnseen.push(open);
      }
      return;
    }
    for (const open of kind === 'exec' ? this.#open.runOn(pid) : this.#open.living(pid)) {
      if (kind === 'comm') open.node.name = event.name;
      else if (open.node === this.#command && !this.#gateIsPassed) this.#gateIsPassed = true;
      else open.node.noteExec({ atSeconds, executable: null, source: 'event' });
    }
  }

  /** A row whose parent is outside of the trace begins with its birth event: its own children may end before the sample. */
  #meetBorn(now: Sample, slot: number, atSeconds: number, account: ProcessAccount): void {
    const { pid, bornAtSeconds } = account.identity;
    const trace = this.#traceOf(now, account);
    if (trace === undefined || !isSameBirth(bornAtSeconds, atSeconds)) return;
    if (this.#open.inTrace(trace, pid, ({ exit }) => exit === null) !== undefined) return;
    const { node } = this.#meetRow(now, slot, account)!;
    node.startSeconds = Math.max(atSeconds, trace.root.startSeconds);
    node.startSource = 'event';
  }

  #bornOf(
    { node: parent, trace }: OpenNode,
    { pid, parentPid, atSeconds }: Extract<ProcessEvent, { kind: 'fork' }>,
    tick: number,
  ): void {
    const node = new ProcessNode({
      root: trace.root,
      parent,
      pid,
      parentPid,
      spanId: newSpanId(),
      startSeconds: Math.max(atSeconds, trace.root.startSeconds),
      startSource: 'event',
      name: parent.name,
      executable: parent.executable,
    });
    this.#openNode(node, trace, atSeconds, null, tick);
  }

  #openNode(
    node: ProcessNode,
    trace: OpenTrace,
    bornAtSeconds: number,
    serial: number | null,
    metAtTick: number,
  ): OpenNode {
    const open: OpenNode = {
      node,
      trace,
      bornAtSeconds,
      serial,
      metAtTick,
      exit: null,
      exitAtTick: 0,
      record: null,
      hasRecord: false,
    };
    this.#open.add(open);
    trace.root.processes++;
    return open;
  }

  #followRow(now: Sample, slot: number, { accounts }: BookedTick): void {
    const account = accounts[slot];
    if (account !== undefined) {
      const open = this.#open.ofSerial(account.identity.serial) ?? this.#meetRow(now, slot, account);
      if (open === undefined) return;
      if (!open.exit?.isOfProcess(account.endedAtSeconds)) open.exit = null;
      this.#rename(open, account, now.atSeconds);
    } else if (now.rows.state[slot] === ROW_FOREIGN_CHILD) {
      const { pid, bornAtSeconds } = now.identities[slot]!;
      for (const trace of this.#traces.values()) {
        if (trace.root.place !== now.rows.unit[slot]) continue;
        const open = this.#open.unseen(trace, pid, bornAtSeconds);
        if (open !== undefined) this.#dropUnseen(open, now.atSeconds, 'sample');
      }
    }
  }

  /** The span of a new row: the one from its birth event, or a new one. */
  #meetRow(now: Sample, slot: number, account: ProcessAccount): OpenNode | undefined {
    const { identity } = account;
    const trace = this.#traceOf(now, account);
    if (trace === undefined) return undefined;
    const known = this.#open.unseen(trace, identity.pid, identity.bornAtSeconds);
    if (known !== undefined) {
      this.#open.setSerial(known, identity.serial);
      return known;
    }
    const { root } = trace;
    const isBirth = now.rows.origin[slot] === ORIGIN_BIRTH;
    const born = account.bornAtSeconds;
    const startSeconds = isBirth ? Math.min(Math.max(born, root.startSeconds), now.atSeconds) : now.atSeconds;
    const parentPid = now.rows.ppid[slot]!;
    const parent = this.#open.inTrace(
      trace,
      parentPid,
      ({ node }) => node.startSeconds <= startSeconds + BIRTH_SECONDS,
    );
    const isReported = born !== identity.bornAtSeconds;
    const node = new ProcessNode({
      ...{
        root,
        parent: parent?.node ?? null,
        pid: identity.pid,
        parentPid,
        spanId: newSpanId(),
        startSeconds,
      },
      startSource: isBirth ? (isReported ? 'event' : 'start_time') : 'first_sample',
      name: account.name,
      executable: executableOf(account),
    });
    return this.#openNode(node, trace, born, identity.serial, now.tick);
  }

  #rename({ node }: OpenNode, account: ProcessAccount, atSeconds: number): void {
    node.name = account.name;
    const executable = executableOf(account);
    if (executable === node.executable && node.execs.at(-1)?.executable !== null) return;
    // Exec events have no name, and come before the sample that shows it.
    if (node.nameLastExec(executable)) return;
    if (node === this.#command && !this.#commandIsNamed) this.#commandIsNamed = true;
    else if (node.startSource !== 'event' && !node.execs.some(({ source }) => source === 'event'))
      node.noteExec({ atSeconds, executable, source: 'sample' });
  }

  /** The instance in which a process was found; if unknown, the last one of its unit. */
  #traceOf(now: Sample, { identity, unit }: ProcessAccount): OpenTrace | undefined {
    const serial = identity.instance ?? now.instances.findLast((instance) => instance.unit === unit)?.serial;
    return serial === undefined ? undefined : this.#traces.get(serial);
  }

  #takeRecords(exits: readonly ProcessExit[]): void {
    for (const exit of this.#early) this.#open.giveRecord(exit);
    this.#early = exits.filter((exit) => !this.#open.giveRecord(exit));
  }

  #end(now: Sample, account: ProcessAccount): void {
    const { serial } = account.identity;
    if (this.#open.ofSerial(serial) === undefined) {
      // It was found and ended in the same tick.
      const slot = now.changed
        .subarray(0, now.changedCount)
        .find((each) => now.identities[each]?.serial === serial);
      if (slot === undefined || this.#meetRow(now, slot, account) === undefined) return;
    }
    this.#endOpen(account, now.atSeconds, 'sample');
  }

  #endOpen(account: ProcessAccount, atSeconds: number, source: EndSource): void {
    const open = this.#open.ofSerial(account.identity.serial);
    if (open === undefined) return;
    this.#rename(open, account, atSeconds);
    const { node, exit } = open;
    if (exit?.isOfProcess(account.endedAtSeconds)) {
      node.exitCode = exit.exitCode;
      node.end(exit.atSeconds, 'event', account);
    } else if (account.endedAtSeconds === null) node.end(atSeconds, source, account);
    else node.end(account.endedAtSeconds, 'sample', account);
    this.#handOut(open);
  }

  /** Ends processes that no sample contains, once their record has come, or cannot come any more. */
  #endUnseen(now: Sample): void {
    const waiting = this.#endedUnseen;
    this.#endedUnseen = [];
    for (const open of waiting) {
      const { exit, serial, record, exitAtTick } = open;
      // It has a row, which ends by itself, or another thread continues under its PID.
      if (serial !== null || exit === null) continue;
      if (record === null && exitAtTick === now.tick) {
        this.#endedUnseen.push(open);
        continue;
      }
      open.node.exitCode = exit.exitCode;
      open.node.endUnseen(exit.atSeconds, 'event', record);
      this.#handOut(open);
    }
    if (now.tick % UNSEEN_TICKS !== 0) return;
    for (const open of [...this.#open.all()])
      if (now.tick - open.metAtTick > UNSEEN_TICKS) this.#dropUnseen(open, now.atSeconds, 'sample');
  }

  /**
   * Ends a process without a row that is outside of the unit, or whose exit was lost: it gets a span only if a sent
   * span names it as its parent.
   */
  #dropUnseen(open: OpenNode, atSeconds: number, source: EndSource): void {
    const { node, serial, exit, trace } = open;
    if (serial !== null) return;
    if (exit !== null || node.hasSentChild) {
      node.exitCode = exit?.exitCode ?? null;
      node.endUnseen(exit?.atSeconds ?? atSeconds, exit === null ? source : 'event', open.record);
      this.#handOut(open);
      return;
    }
    node.isOutside = true;
    trace.root.processes--;
    this.#open.remove(open);
  }

  #handOut(open: OpenNode): void {
    this.#open.remove(open);
    this.#nodes.push(open.node);
  }

  /** An instance that is gone ends with the last of its processes that did not leave. */
  #closeTraces(now: Sample): void {
    const endedBefore = this.#endedBefore;
    this.#endedBefore = now.ended;
    if (this.#traces.size === 0) return;
    const there = new Set(now.instances.map(({ serial }) => serial));
    const gone = [...this.#traces].filter(([serial]) => !there.has(serial));
    for (const [place, traces] of Map.groupBy(gone, ([, { root }]) => root.place))
      if (traces.length === 1) addFinalCpu(traces[0]![1].root, endedBefore[place], now.ended[place]);
    for (const [serial, trace] of gone) {
      // Rows end in the same tick as their instance, or in the next.
      if (trace.open > 0 && !trace.isGone) {
        trace.isGone = true;
        continue;
      }
      this.#endRoot(trace, now.atSeconds, 'sample');
      this.#traces.delete(serial);
    }
  }

  #endRoot({ root }: OpenTrace, atSeconds: number, source: EndSource): void {
    root.endSeconds = Math.max(atSeconds, root.startSeconds);
    root.endSource = source;
    this.#roots.push(root);
  }
}
