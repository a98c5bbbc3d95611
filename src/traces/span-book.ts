import type { ProcessEvent } from '../host/proc-events/process-event.ts';
import { shellExitCode } from '../host/wait-status.ts';
import type { ProcessAccount } from '../ledger/accounts/process-account.ts';
import { BIRTH_SECONDS } from '../ledger/exits/exit-chains.ts';
import { type ExitBatch, NO_EXITS, type ProcessExit } from '../sampling/exit-records.ts';
import { ORIGIN_BIRTH, ROW_FOREIGN_CHILD } from '../sampling/process-columns.ts';
import { NO_EVENTS, type ProcessEventBatch } from '../sampling/process-events.ts';
import type { InstanceReading, Sample } from '../sampling/sample.ts';
import { type OpenNode, OpenNodes, type OpenTrace } from './open-nodes.ts';
import { type EndSource, ProcessNode, type TraceRoot } from './process-node.ts';
import { newContext, newSpanId, type SpanContext, type TraceParent } from './trace-context.ts';

/** A process of which no sample and no exit tells for so many samples is outside of the unit, or its exit was lost. */
const UNSEEN_TICKS = 25;

/** What of the ledger spans are made of: as it is once a sample is booked. */
export interface BookedTick {
  readonly units: readonly { readonly unit: string }[];
  /** By slot. */
  readonly accounts: readonly (ProcessAccount | undefined)[];
  /** Of rows that ended in the tick. */
  readonly ended: readonly ProcessAccount[];
  /** Of all rows that have not ended, those that have left their unit included. */
  openAccounts(): Iterable<ProcessAccount>;
}

export interface SpanBookOptions {
  /** Of another program; null: each instance begins a trace of its own. */
  readonly parent: TraceParent | null;
  /** Of the root of the first instance, where it had to be known before: the command has it in its environment. */
  readonly firstContext: SpanContext | null;
  /** Wall-clock time of a moment on the monotonic clock, as the wall clock now has it. */
  readonly unixMillisAt: (atSeconds: number) => number;
  /** PID of a command that begins as the shell at its gate: to become the command is no exec of its own. */
  readonly gatePid: number | null;
}

/** What ended. */
export interface EndedSpans {
  readonly nodes: readonly ProcessNode[];
  /** After all of their processes. */
  readonly roots: readonly TraceRoot[];
}

/** Keeps what lives as spans that are open, and hands out what has ended. */
export class SpanBook {
  readonly #options: SpanBookOptions;
  /** By the serial of the instance. */
  readonly #traces = new Map<number, OpenTrace>();
  readonly #open = new OpenNodes();
  #firstContext: SpanContext | null;
  #command: ProcessNode | undefined;
  /** The command was executed, and a sample has seen it instead of the shell at the gate. */
  #gateIsPassed = false;
  #commandIsNamed = false;
  #beforeSeconds = Number.NaN;
  /** Without rows, and ended: they wait for their records. */
  #endedUnseen: OpenNode[] = [];
  /** Records of the batch before that fit no exit: the event may come later than the record. */
  #early: readonly ProcessExit[] = [];
  #nodes: ProcessNode[] = [];
  #roots: TraceRoot[] = [];

  constructor(options: SpanBookOptions) {
    this.#options = options;
    this.#firstContext = options.firstContext;
  }

  /** Processes that have ended and were not handed out. */
  get pending(): number {
    return this.#nodes.length;
  }

  /** Takes a sample once it is booked, with what the kernel reported since the previous sample. */
  take(
    now: Sample,
    booked: BookedTick,
    { exits }: ExitBatch = NO_EXITS,
    { events }: ProcessEventBatch = NO_EVENTS,
  ): void {
    for (const instance of now.instances) this.#meetInstance(now, instance, booked);
    for (const event of events) this.#takeEvent(now, event);
    for (let i = 0; i < now.changedCount; i++) this.#followRow(now, now.changed[i]!, booked);
    this.#takeRecords(exits);
    for (const account of booked.ended) this.#end(now, account);
    this.#endUnseen(now);
    this.#closeTraces(now);
    this.#beforeSeconds = now.atSeconds;
  }

  /** The run is over: all that is open ends. `exitCode` is the command's; null without one. */
  finish(atSeconds: number, booked: BookedTick, exitCode: number | null): void {
    for (const account of booked.openAccounts()) this.#endOpen(account, atSeconds, 'run_end');
    for (const open of [...this.#open.all()]) this.#dropUnseen(open, atSeconds, 'run_end');
    // Without exit records this one is known all the same.
    if (this.#command !== undefined) this.#command.exitCode ??= exitCode;
    for (const trace of this.#traces.values()) {
      trace.root.exitCode = exitCode;
      this.#endRoot(trace, atSeconds, 'run_end');
    }
    this.#traces.clear();
  }

  /** The command leaves its gate: it begins now, and with it its instance. */
  beginCommand(atSeconds: number): void {
    this.#command = this.#open.living(this.#options.gatePid ?? Number.NaN)[0]?.node;
    if (this.#command === undefined) return;
    this.#command.startSeconds = atSeconds;
    this.#command.startSource = 'event';
    this.#command.root.startSeconds = atSeconds;
  }

  /** What ended since the last call, in the order of the ends. */
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

  #takeEvent({ tick }: Sample, event: ProcessEvent): void {
    const { kind, pid, atSeconds } = event;
    if (kind === 'fork') {
      for (const parent of this.#open.living(event.parentPid)) this.#bornOf(parent, event, tick);
      return;
    }
    if (kind === 'exit') {
      const exitCode = shellExitCode(event);
      for (const open of this.#open.living(pid)) {
        open.exit = { atSeconds, exitCode };
        open.exitAtTick = tick;
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

  #bornOf(
    { node: parent, trace }: OpenNode,
    { pid, parentPid, atSeconds }: Extract<ProcessEvent, { kind: 'fork' }>,
    tick: number,
  ): void {
    const node = new ProcessNode({
      ...{ root: trace.root, parent, pid, parentPid, spanId: newSpanId() },
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
      ...{ node, trace, bornAtSeconds, serial, metAtTick },
      ...{ exit: null, exitAtTick: 0, record: null, hasRecord: false },
    };
    this.#open.add(open);
    trace.root.processes++;
    return open;
  }

  #followRow(now: Sample, slot: number, { accounts }: BookedTick): void {
    const account = accounts[slot];
    if (account !== undefined) {
      const open = this.#open.ofSerial(account.identity.serial) ?? this.#meetRow(now, slot, account);
      if (open !== undefined) this.#rename(open, account, now.atSeconds);
    } else if (now.rows.state[slot] === ROW_FOREIGN_CHILD) {
      const { pid, bornAtSeconds } = now.identities[slot]!;
      for (const trace of this.#traces.values()) {
        if (trace.root.place !== now.rows.unit[slot]) continue;
        const open = this.#open.unseen(trace, pid, bornAtSeconds);
        if (open !== undefined) this.#dropUnseen(open, now.atSeconds, 'sample');
      }
    }
  }

  /** The span of a row that is new: one that its birth began, or another. */
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
    // Exec events come without names, and before the sample that shows one.
    if (node.nameLastExec(executable)) return;
    if (node === this.#command && !this.#commandIsNamed) this.#commandIsNamed = true;
    else if (node.startSource !== 'event' && !node.execs.some(({ source }) => source === 'event'))
      node.noteExec({ atSeconds, executable, source: 'sample' });
  }

  /** The instance that a process was found in; where that is not known, the last of its unit. */
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
    if (exit !== null) {
      node.exitCode = exit.exitCode;
      node.end(exit.atSeconds, 'event', account);
    } else if (account.endedAtSeconds === null) node.end(atSeconds, source, account);
    else node.end(account.endedAtSeconds, 'sample', account);
    this.#handOut(open);
  }

  /** Ends what no sample saw, once its record has come, or cannot come any more. */
  #endUnseen(now: Sample): void {
    const waiting = this.#endedUnseen;
    this.#endedUnseen = [];
    for (const open of waiting) {
      const { exit, serial, record, exitAtTick } = open;
      // It has a row, which ends by itself, or another thread runs on in its place.
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

  /** One without a row that is outside of the unit, or whose end was lost: it has a span only if another names that. */
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

  /** An instance that is gone ends with the last of its processes that is not away. */
  #closeTraces(now: Sample): void {
    if (this.#traces.size === 0) return;
    const there = new Set(now.instances.map(({ serial }) => serial));
    for (const [serial, trace] of this.#traces) {
      if (there.has(serial)) continue;
      // Rows end in the tick in which their instance does, or in the next.
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

/** `comm` where the kernel recorded another one at the exit: it ran another program then. */
function executableOf(account: ProcessAccount): string {
  const { identity, name } = account;
  return name === identity.name ? identity.executable : name;
}
