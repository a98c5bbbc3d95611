import type { ProcessAccount } from '../ledger/accounts/process-account.ts';
import { ORIGIN_BIRTH } from '../sampling/process-columns.ts';
import type { InstanceReading, Sample } from '../sampling/sample.ts';
import { ProcessNode, type TraceRoot } from './process-node.ts';
import { newContext, newSpanId, type SpanContext, type TraceParent } from './trace-context.ts';

/** Start times are cut down to ticks: a child may seem to begin that much before its parent. */
const BIRTH_SECONDS = 0.02;

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

/** One instance with its processes. */
interface OpenTrace {
  readonly root: TraceRoot;
  /** By PID: who has the number now, or had it last. */
  readonly nodes: Map<number, ProcessNode>;
  /** Processes that have not ended. */
  open: number;
  isGone: boolean;
}

export interface SpanBookOptions {
  /** Of another program; null: each instance begins a trace of its own. */
  readonly parent: TraceParent | null;
  /** Of the root of the first instance, where it had to be known before: the command has it in its environment. */
  readonly firstContext: SpanContext | null;
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
  /** By the serial of the process. */
  readonly #open = new Map<number, { readonly node: ProcessNode; readonly trace: OpenTrace }>();
  #firstContext: SpanContext | null;
  #gatePid: number | null;
  #beforeSeconds = Number.NaN;
  #nodes: ProcessNode[] = [];
  #roots: TraceRoot[] = [];

  constructor(options: SpanBookOptions) {
    this.#options = options;
    this.#firstContext = options.firstContext;
    this.#gatePid = options.gatePid;
  }

  /** Processes that have ended and were not handed out. */
  get pending(): number {
    return this.#nodes.length;
  }

  /** Takes a sample once it is booked. */
  take(now: Sample, booked: BookedTick): void {
    for (const instance of now.instances) this.#meetInstance(now, instance, booked);
    for (let i = 0; i < now.changedCount; i++) {
      const account = booked.accounts[now.changed[i]!];
      if (account !== undefined) this.#follow(now, now.changed[i]!, account);
    }
    for (const account of booked.ended) this.#end(now, account);
    this.#closeTraces(now);
    this.#beforeSeconds = now.atSeconds;
  }

  /** The run is over: all that is open ends. `exitCode` is the command's; null without one. */
  finish(atSeconds: number, booked: BookedTick, exitCode: number | null): void {
    for (const account of booked.openAccounts()) this.#endOpen(account, atSeconds, 'run_end');
    // Without exit records this one is known all the same.
    const main = this.#nodes.find(
      ({ pid, startSource }) => pid === this.#options.gatePid && startSource === 'first_sample',
    );
    if (main !== undefined) main.exitCode ??= exitCode;
    for (const trace of this.#traces.values()) {
      trace.root.exitCode = exitCode;
      this.#endRoot(trace, atSeconds, 'run_end');
    }
    this.#traces.clear();
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
      const { parent } = this.#options;
      const root: TraceRoot = {
        context: this.#firstContext ?? newContext(parent),
        parent,
        unit: units[unit]!.unit,
        startSeconds: bornWatched ? Math.min(this.#beforeSeconds, now.atSeconds) : now.atSeconds,
        endSeconds: now.atSeconds,
        endSource: 'sample',
        cpuSeconds: Number.NaN,
        processes: 0,
        exitCode: null,
      };
      this.#firstContext = null;
      trace = { root, nodes: new Map(), open: 0, isGone: false };
      this.#traces.set(serial, trace);
    }
    trace.root.endSeconds = now.atSeconds;
    const used = cpuSeconds - startCpuSeconds;
    if (!Number.isNaN(used)) trace.root.cpuSeconds = used;
  }

  #follow(now: Sample, slot: number, account: ProcessAccount): void {
    const { identity } = account;
    const known = this.#open.get(identity.serial);
    if (known === undefined) {
      this.#begin(now, slot, account);
      return;
    }
    this.#rename(known.node, account, now.atSeconds);
  }

  #begin(now: Sample, slot: number, account: ProcessAccount): void {
    const { identity } = account;
    const trace = this.#traceOf(now, account);
    if (trace === undefined) return;
    const { root, nodes } = trace;
    const isBirth = now.rows.origin[slot] === ORIGIN_BIRTH;
    const startSeconds = isBirth
      ? Math.min(Math.max(identity.bornAtSeconds, root.startSeconds), now.atSeconds)
      : now.atSeconds;
    const parentPid = now.rows.ppid[slot]!;
    const parent = nodes.get(parentPid);
    const node = new ProcessNode({
      root,
      parent: parent !== undefined && parent.startSeconds <= startSeconds + BIRTH_SECONDS ? parent : null,
      spanId: newSpanId(),
      pid: identity.pid,
      parentPid,
      startSeconds,
      startSource: isBirth ? 'start_time' : 'first_sample',
      name: account.name,
      executable: executableOf(account),
    });
    nodes.set(identity.pid, node);
    this.#open.set(identity.serial, { node, trace });
    trace.open++;
    root.processes++;
  }

  #rename(node: ProcessNode, account: ProcessAccount, atSeconds: number): void {
    node.name = account.name;
    const executable = executableOf(account);
    if (executable === node.executable) return;
    if (node.pid === this.#gatePid) {
      this.#gatePid = null;
      node.executable = executable;
    } else node.noteExec({ atSeconds, executable, source: 'sample' });
  }

  /** The instance that a process was found in; where that is not known, the last of its unit. */
  #traceOf(now: Sample, { identity, unit }: ProcessAccount): OpenTrace | undefined {
    const serial = identity.instance ?? now.instances.findLast((instance) => instance.unit === unit)?.serial;
    return serial === undefined ? undefined : this.#traces.get(serial);
  }

  #end(now: Sample, account: ProcessAccount): void {
    if (!this.#open.has(account.identity.serial)) {
      // It was found and ended in the same tick.
      const slot = now.changed
        .subarray(0, now.changedCount)
        .find((each) => now.identities[each]?.serial === account.identity.serial);
      if (slot === undefined) return;
      this.#begin(now, slot, account);
    }
    this.#endOpen(account, account.endedAtSeconds ?? now.atSeconds, 'sample');
  }

  #endOpen(account: ProcessAccount, atSeconds: number, source: ProcessNode['endSource']): void {
    const open = this.#open.get(account.identity.serial);
    if (open === undefined) return;
    this.#open.delete(account.identity.serial);
    const { node, trace } = open;
    this.#rename(node, account, atSeconds);
    node.end(atSeconds, source, account);
    trace.open--;
    if (trace.nodes.get(node.pid) === node) trace.nodes.delete(node.pid);
    this.#nodes.push(node);
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

  #endRoot({ root }: OpenTrace, atSeconds: number, source: TraceRoot['endSource']): void {
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
