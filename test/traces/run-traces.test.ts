import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '../../src/ledger/ledger.ts';
import { NO_EXITS } from '../../src/sampling/exit-records.ts';
import { NO_EVENTS } from '../../src/sampling/process-events.ts';
import type { Sample } from '../../src/sampling/sample.ts';
import { type DeliveryCounts, NOTHING_DELIVERED } from '../../src/telemetry/export/delivery.ts';
import type { FoldedBatch } from '../../src/traces/fold.ts';
import type { ProcessNode, TraceRoot } from '../../src/traces/process-node.ts';
import { RunTraces, type RunTracesOptions } from '../../src/traces/run-traces.ts';
import { processSpan, readableSpans, rootSpan } from '../../src/traces/span-data.ts';
import { type SimulatedProcess, SimulatedUnit } from '../ledger/simulated-unit.ts';
import { RecordedLog } from '../telemetry/recorded-log.ts';
import { spansOf } from './nodes.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

/** Keeps what it is sent. */
class KeptSpans {
  readonly batches: FoldedBatch[] = [];
  readonly roots: TraceRoot[] = [];
  readonly nodes: ProcessNode[] = [];
  /** By span. */
  readonly parents = new Map<string, string>();

  send(batch: FoldedBatch, roots: readonly TraceRoot[]): void {
    this.batches.push(batch);
    this.roots.push(...roots);
    for (const node of batch.single) this.parents.set(node.spanId, node.parentSpanId);
    for (const fold of batch.folded) this.parents.set(fold.spanId, fold.parentSpanId);
    this.nodes.push(...batch.single, ...batch.folded.flatMap(({ members }) => members));
  }

  readonly counts: DeliveryCounts = { ...NOTHING_DELIVERED, delivered: 2, rejectedPoints: 1 };

  async shutdown(): Promise<void> {}
}

function setUp(more: Partial<RunTracesOptions> = {}, pids = 200, withEvents = false) {
  const log = new RecordedLog();
  const traces = new RunTraces({
    environment: {},
    mostSpans: 10_000,
    isOfCommand: false,
    unixMillisAt: (atSeconds) => atSeconds * 1000,
    log,
    ...more,
  });
  const sent = new KeptSpans();
  traces.open(sent);
  const unit = new SimulatedUnit(pids, false, withEvents);
  const ledger = new Ledger();
  const unitName = 'simulated.service';
  let last: Sample | undefined;
  const tick = (
    closesWindow = false,
    change: (sample: Sample) => Sample = (sample) => sample,
    meanwhile?: () => void,
  ) => {
    last = change(unit.sample(meanwhile));
    const exits = withEvents ? unit.exits() : NO_EXITS;
    const events = withEvents ? unit.events() : NO_EVENTS;
    ledger.book(last, exits, events);
    traces.take({ sample: last, exits, events }, ledger, closesWindow);
    return last;
  };
  const finish = (exitCode: number | null = null) => traces.finish(last!.atSeconds, ledger, exitCode);
  const nodeOf = ({ pid }: SimulatedProcess) => sent.nodes.find((node) => node.pid === pid)!;
  return { log, traces, sent, unit, ledger, tick, finish, nodeOf, unitName };
}

test('a process is a span from its birth to the first sample without it, below the process that forked it', () => {
  const { unit, tick, sent, finish, nodeOf, unitName } = setUp();
  const main = unit.fork(null)!;
  tick();
  const child = unit.fork(main)!;
  const grandchild = unit.fork(child)!;
  tick();
  tick();
  unit.exit(grandchild);
  unit.reap(grandchild);
  unit.exit(child);
  unit.reap(child);
  tick(true);
  assert.deepEqual(
    sent.nodes.map(({ pid }) => pid).sort(),
    [child.pid, grandchild.pid].sort(),
    'the one that lives on is not sent',
  );
  finish();
  const [root] = sent.roots as [TraceRoot];
  assert.equal(sent.roots.length, 1);
  assert.equal(root.unit, unitName);
  assert.equal(root.processes, 3);
  assert.equal(sent.parents.get(nodeOf(main).spanId), root.context.spanId);
  assert.equal(sent.parents.get(nodeOf(child).spanId), nodeOf(main).spanId);
  assert.equal(sent.parents.get(nodeOf(grandchild).spanId), nodeOf(child).spanId);
  const { startSeconds, startSource, endSeconds, endSource } = nodeOf(child);
  assert.deepEqual(
    { startSeconds, startSource, endSeconds, endSource },
    { startSeconds: 0.25, startSource: 'start_time', endSeconds: 1.5, endSource: 'sample' },
  );
  assert.equal(nodeOf(main).startSource, 'first_sample');
  assert.equal(nodeOf(main).endSource, 'run_end');
});

test('a PID that is reused within a tick is another span, with parents of its own time', () => {
  const { unit, tick, sent, finish } = setUp({}, 3);
  const main = unit.fork(null)!;
  tick();
  const first = unit.fork(main)!;
  tick();
  unit.exit(first);
  unit.reap(first);
  const other = unit.fork(main)!;
  unit.exit(other);
  unit.reap(other);
  const second = unit.fork(main)!;
  assert.equal(second.pid, first.pid);
  tick();
  const below = unit.fork(second)!;
  tick();
  finish();
  const [before, after] = sent.nodes.filter(({ pid }) => pid === first.pid) as [ProcessNode, ProcessNode];
  assert.notEqual(before.spanId, after.spanId);
  assert.ok(before.endSeconds <= after.endSeconds);
  const child = sent.nodes.find(({ pid, parentPid }) => pid === below.pid && parentPid === second.pid)!;
  assert.equal(sent.parents.get(child.spanId), after.spanId);
});

test('a step of the wall clock moves no span against another', () => {
  let wallMillis = 1_700_000_000_000;
  const { unit, tick, finish, sent } = setUp(
    { unixMillisAt: (atSeconds) => wallMillis + atSeconds * 1000 },
    20,
    true,
  );
  const main = unit.fork(null)!;
  tick();
  const children: SimulatedProcess[] = [];
  for (const step of [0, -3_600_000, 7_200_000]) {
    wallMillis += step;
    const child = unit.fork(main)!;
    children.push(child);
    tick(true);
    unit.exit(child);
    unit.reap(child);
    tick(true);
  }
  for (let ticks = 0; ticks < 2; ticks++) tick(true);
  finish();
  const times = new Map(
    readableSpans(
      spansOf(...sent.nodes.map((node) => processSpan(node)), ...sent.roots.map((root) => rootSpan(root))),
    ).map((span) => [span.spanContext().spanId, span] as const),
  );
  const secondsOf = ([seconds, nanos]: readonly [number, number]) => seconds - 1_700_000_000 + nanos / 1e9;
  const nodes = children.map(
    ({ pid, bornAtSeconds }) =>
      sent.nodes.find((node) => node.pid === pid && node.startSeconds === bornAtSeconds)!,
  );
  for (const node of nodes) {
    const span = times.get(node.spanId)!;
    const parent = times.get(sent.parents.get(node.spanId)!)!;
    assert.ok(Math.abs(secondsOf(span.startTime) - node.startSeconds) < 1e-6);
    assert.ok(Math.abs(secondsOf(span.endTime) - node.endSeconds) < 1e-6);
    assert.ok(secondsOf(parent.startTime) <= secondsOf(span.startTime));
    assert.ok(secondsOf(parent.endTime) >= secondsOf(span.endTime));
  }
  assert.ok(nodes.every((node, at) => at === 0 || node.startSeconds > nodes[at - 1]!.startSeconds));
});

test('the run document has the spans that were made, and what became of their batches', () => {
  const { traces, unit, tick, finish, sent } = setUp({ mostSpans: 10 }, 200, true);
  const main = unit.fork(null)!;
  tick();
  for (let born = 0; born < 30; born++) {
    const child = unit.fork(main)!;
    unit.exit(child);
    unit.reap(child);
  }
  for (let ticks = 0; ticks < 2; ticks++) tick(true);
  finish();
  const single = sent.batches.reduce((sum, batch) => sum + batch.single.length, 0);
  const folded = sent.batches.flatMap((batch) => batch.folded);
  const counts = traces.counts!;
  assert.equal(counts.spans, single + folded.length + 1);
  assert.equal(counts.foldedProcesses, 31 - single);
  assert.deepEqual([counts.delivered, counts.failed, counts.rejectedSpans], [2, 0, 1]);
});

test('the run continues the trace of TRACEPARENT, and the command gets its own root as parent', () => {
  const environment = { TRACEPARENT: `00-${TRACE}-${SPAN}-01`, TRACESTATE: 'ci=1', PATH: '/bin' };
  const { traces, unit, tick, finish, sent } = setUp({ environment, isOfCommand: true });
  const given = traces.commandEnvironment(environment);
  unit.fork(null);
  tick();
  finish(3);
  const [root] = sent.roots as [TraceRoot];
  assert.equal(root.parent?.spanId, SPAN);
  assert.equal(root.exitCode, 3);
  assert.deepEqual(given, {
    PATH: '/bin',
    TRACEPARENT: `00-${TRACE}-${root.context.spanId}-01`,
    TRACESTATE: 'ci=1',
  });
});

test('a malformed TRACEPARENT causes one warning, and a separate trace', () => {
  const { log, unit, tick, finish, sent } = setUp({ environment: { TRACEPARENT: 'junk\u001b[2J' } });
  unit.fork(null);
  tick();
  finish();
  assert.equal(log.lines.length, 1);
  assert.match(log.said[0]!, /^warn: ignoring TRACEPARENT="junk\\x1b\[2J"/);
  assert.equal(sent.roots[0]!.parent, null);
  assert.notEqual(sent.roots[0]!.context.traceId, TRACE);
});

test('a trace that its first program does not record is not sent, and the command is notified', () => {
  const environment = { TRACEPARENT: `00-${TRACE}-${SPAN}-00` };
  const { log, traces, unit, tick, finish, sent } = setUp({ environment, isOfCommand: true });
  unit.fork(null);
  tick(true);
  finish();
  assert.deepEqual(sent.batches, []);
  assert.match(log.said[0]!, /^warn: the trace of TRACEPARENT is not recorded/);
  assert.match(traces.commandEnvironment({}).TRACEPARENT!, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
});

test('an instance that is gone ends its root, and the next one starts another trace', () => {
  const { unit, tick, finish, sent } = setUp();
  const main = unit.fork(null)!;
  const withInstance = (serial: number | null) => (sample: Sample) => ({
    ...sample,
    instances: serial === null ? [] : sample.instances.map((instance) => ({ ...instance, serial })),
  });
  tick(false, withInstance(1));
  unit.exit(main);
  tick(false, withInstance(null));
  tick(true, withInstance(null));
  assert.equal(sent.roots.length, 1);
  assert.equal(sent.roots[0]!.endSource, 'sample');
  unit.fork(null);
  tick(false, withInstance(2));
  finish();
  assert.equal(sent.roots.length, 2);
  assert.notEqual(sent.roots[0]!.context.traceId, sent.roots[1]!.context.traceId);
  assert.equal(sent.nodes[1]!.root, sent.roots[1]);
});

test('the CPU of a root includes what its cgroup used after the last sample, unless another instance may have used it', () => {
  const { unit, tick, finish, sent } = setUp();
  unit.fork(null);
  const removed = (cpuSeconds: number, unseenInstances: number) => ({
    ...{ cpuSeconds, unseenInstances, figures: null, managerPids: [] },
  });
  const sampled = (serials: readonly number[], cpuSeconds: number, unseen = 0) =>
    tick(false, (sample) => ({
      ...sample,
      instances: serials.map((serial) => ({
        ...sample.instances[0]!,
        ...{ serial, startCpuSeconds: 0, cpuSeconds: 1 },
      })),
      ended: [removed(cpuSeconds, unseen)],
    }));
  sampled([1], 0);
  sampled([2], 0.25);
  sampled([3, 4], 1.25, 1);
  sampled([5], 2.25, 1);
  finish();
  assert.deepEqual(
    sent.roots.map(({ cpuSeconds }) => cpuSeconds),
    [1.25, 1, 1, 1, 1],
  );
});

test('beyond --trace-spans the shortest fold, in any number of windows, and every parent is sent', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('fork', 'exit', 'work', 'tick', 'window'), fc.nat(20)), {
    minLength: 30,
    maxLength: 150,
  });
  fc.assert(
    fc.property(steps, fc.constantFrom(10, 10_000), fc.boolean(), (history, mostSpans, isOfCommand) => {
      const { unit, tick, finish, sent, ledger } = setUp({ mostSpans, isOfCommand });
      unit.fork(null);
      tick();
      for (const [step, which] of history) {
        const { living } = unit;
        const process = living[which % Math.max(1, living.length)];
        if (step === 'fork') unit.fork(process ?? null);
        else if (step === 'work' && process !== undefined) unit.work(process, 5_000_000, 100);
        else if (step === 'exit' && process !== undefined && process !== living[0]) {
          const { parent } = process;
          unit.exit(process);
          if (parent !== null && parent.state === 'alive' && process.state === 'zombie') unit.reap(process);
        } else tick(step === 'window');
      }
      tick();
      finish();
      const [root] = sent.roots as [TraceRoot];
      assert.equal(new Set(sent.nodes).size, sent.nodes.length, 'each once');
      assert.equal(sent.nodes.length, root.processes);
      for (const parent of sent.parents.values())
        assert.ok(parent === root.context.spanId || sent.parents.has(parent), 'a parent that was not sent');
      for (const { startSeconds, endSeconds } of sent.nodes) {
        assert.ok(startSeconds >= root.startSeconds && startSeconds <= endSeconds);
        assert.ok(endSeconds <= root.endSeconds);
      }
      const booked = ledger.units[0]!;
      const cpuSeconds = sent.nodes.reduce(
        (sum, { usage }) => sum + usage.cpuSeconds + usage.reapedSeconds,
        0,
      );
      const attributed = booked.liveSeconds + booked.exitedSeconds + booked.reapedSeconds;
      assert.ok(Math.abs(cpuSeconds - attributed) < 1e-6, `${cpuSeconds} of ${attributed}`);
    }),
  );
});

test('with process events, an unsampled process is a span with its parent, its bounds and its record', () => {
  const { unit, tick, finish, sent, nodeOf } = setUp({}, 200, true);
  const main = unit.fork(null)!;
  tick();
  const shell = unit.fork(main)!;
  const program = unit.fork(shell)!;
  unit.work(program, 30_000_000, 100);
  unit.exit(program);
  unit.reap(program);
  unit.exit(shell);
  unit.reap(shell);
  tick();
  tick(true);
  assert.equal(sent.nodes.length, 2);
  const node = nodeOf(program);
  assert.equal(sent.parents.get(node.spanId), nodeOf(shell).spanId);
  assert.deepEqual(
    [node.startSeconds, node.startSource, node.endSeconds, node.endSource, node.exitCode, node.isUnseen],
    [program.bornAtSeconds, 'event', program.endedAtSeconds, 'event', 0, true],
  );
  assert.equal(node.usage.diskBytes, 100);
  finish();
  assert.equal(sent.parents.get(nodeOf(shell).spanId), nodeOf(main).spanId);
});

test('children that end before the first sample of a process that the unit did not fork are spans below it', () => {
  const { unit, tick, finish, sent, nodeOf } = setUp({}, 200, true);
  unit.fork(null);
  tick();
  const started = unit.fork(null)!;
  const child = unit.fork(started)!;
  unit.exit(child);
  unit.reap(child);
  tick();
  finish();
  assert.equal(sent.nodes.length, 3);
  assert.equal(sent.parents.get(nodeOf(child).spanId), nodeOf(started).spanId);
  const { startSource, startSeconds } = nodeOf(started);
  assert.deepEqual([startSource, startSeconds], ['event', started.bornAtSeconds]);
});

test('a process whose birth was reported with the sample before its first one is the parent of its children', () => {
  const { unit, tick, finish, sent, nodeOf } = setUp({}, 200, true);
  unit.fork(null);
  tick();
  let started: SimulatedProcess | undefined;
  const steps = [() => {}, () => (started = unit.fork(null))];
  // After the processes were listed, and before the events are received.
  tick(false, undefined, () => steps.shift()?.());
  const [child, brief] = [unit.fork(started!)!, unit.fork(started!)!];
  unit.exit(brief);
  unit.reap(brief);
  tick();
  finish();
  for (const { spanId } of [nodeOf(child), nodeOf(brief)])
    assert.equal(sent.parents.get(spanId), nodeOf(started!).spanId);
});

test('a process whose first thread ended before the others ends with the last of them, with an unknown exit code', () => {
  const { traces, unit, ledger, sent, nodeOf } = setUp({}, 200, true);
  const main = unit.fork(null)!;
  const child = unit.fork(main)!;
  const tick = (firstThreadEndsAt?: number) => {
    const sample = unit.sample();
    const end = { kind: 'exit', pid: child.pid, exitCode: 0, signal: null, parentPid: main.pid } as const;
    const ends = firstThreadEndsAt === undefined ? [] : [{ ...end, atSeconds: firstThreadEndsAt }];
    // The kernel reports the first thread only.
    const happened = unit.events().events.filter(({ kind, pid }) => kind === 'fork' || pid !== child.pid);
    const events = { events: [...happened, ...ends], lost: 0 };
    ledger.book(sample, NO_EXITS, events);
    traces.take({ sample, exits: NO_EXITS, events }, ledger, true);
    return sample.atSeconds;
  };
  tick();
  tick(0.9);
  unit.work(child, 5_000_000, 0);
  tick();
  const brief = unit.fork(child)!;
  unit.exit(brief);
  unit.reap(brief);
  for (let ticks = 0; ticks < 3; ticks++) tick();
  unit.exit(child);
  unit.reap(child);
  const endSeconds = tick();
  const { endSource, exitCode, endSeconds: shown } = nodeOf(child);
  assert.deepEqual([shown, endSource, exitCode], [endSeconds, 'sample', null]);
  assert.equal(sent.parents.get(nodeOf(brief).spanId), nodeOf(child).spanId, 'forked by another thread');
  assert.deepEqual(sent.roots, []);
});

test('unsampled processes of a unit that got the slot of another one have all of their CPU', () => {
  const { traces, unit, ledger, sent } = setUp({}, 200, true);
  let [bookedSeconds, ticks] = [0, 0];
  const window = (retired: readonly { place: number }[] = []) => {
    const sample = unit.sample();
    const exits = { exits: unit.exits().exits.map((exit) => ({ ...exit, name: 'true' })), lostShare: 0 };
    const events = unit.events();
    ledger.book(sample, exits, events);
    const { units, accounts, ended } = ledger;
    const unseen = { rowsOf: () => [{ name: 'true', cpuSeconds: bookedSeconds }] };
    const openAccounts = () => ledger.openAccounts();
    const books = { units, accounts, ended, openAccounts, unseen, retired };
    traces.take({ sample, exits, events }, books, ticks++ > 0);
  };
  const main = unit.fork(null)!;
  const burst = () => {
    const child = unit.fork(main)!;
    unit.exit(child);
    unit.reap(child);
  };
  window();
  burst();
  bookedSeconds = 1;
  window();
  burst();
  bookedSeconds = 1.5;
  window();
  burst();
  bookedSeconds = 2;
  window([{ place: 0 }]);
  assert.deepEqual(
    sent.nodes.map(({ usage }) => usage.cpuSeconds),
    [1, 0.5, 2],
  );
});

test('with process events each process of any history is in one span, with its own parent and its exact bounds', () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom('fork', 'fork', 'exit', 'exit', 'work', 'tick', 'window'),
      fc.nat(20),
      fc.boolean(),
    ),
    { minLength: 30, maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, fc.constantFrom(12, 200), fc.constantFrom(10, 10_000), (history, pids, mostSpans) => {
      const { unit, tick, finish, sent, ledger } = setUp({ mostSpans }, pids, true);
      const first = unit.fork(null)!;
      const parents = new Map<SimulatedProcess, SimulatedProcess>();
      tick();
      const act = (step: string, which: number) => {
        const { living } = unit;
        const process = living[which % Math.max(1, living.length)]!;
        if (step === 'fork') {
          const child = unit.fork(process);
          if (child !== undefined) parents.set(child, process);
        } else if (step === 'work') unit.work(process, 5_000_000, 100);
        else if (process !== first) {
          const { parent } = process;
          unit.exit(process);
          if (parent !== null && process.state === 'zombie') unit.reap(process);
        }
      };
      const later: (() => void)[] = [];
      for (const [step, which, isBetweenReads] of history) {
        if (step === 'tick' || step === 'window') tick(step === 'window', undefined, () => later.shift()?.());
        else if (isBetweenReads) later.push(() => act(step, which));
        else act(step, which);
      }
      for (let ticks = 0; ticks < 3; ticks++) tick();
      finish();
      const all = [first, ...parents.keys()];
      const found = new Map<SimulatedProcess, ProcessNode>();
      for (const process of all) {
        const nodes = sent.nodes.filter(
          ({ pid, startSeconds }) =>
            pid === process.pid &&
            (process === first || Math.abs(startSeconds - process.bornAtSeconds) < 1e-9),
        );
        const node =
          process === first ? nodes.find(({ startSource }) => startSource === 'first_sample') : nodes[0];
        assert.ok(node !== undefined, `no span of ${process.pid}`);
        found.set(process, node);
        if (process !== first && process.state !== 'alive')
          assert.equal(node.endSeconds, process.endedAtSeconds);
      }
      assert.equal(sent.nodes.length, all.length);
      const standIn = (process: SimulatedProcess) => found.get(process)!.standInSpanId;
      const byName = new Set(
        sent.batches
          .flatMap(({ folded }) => folded.filter(({ areSiblings }) => !areSiblings))
          .map(({ spanId }) => spanId),
      );
      for (const [child, parent] of parents) {
        if (byName.has(standIn(child))) continue;
        assert.equal(sent.parents.get(standIn(child)), standIn(parent), `parent of ${child.pid}`);
      }
      const { liveSeconds, exitedSeconds, reapedSeconds } = ledger.units[0]!;
      const attributed = liveSeconds + exitedSeconds + reapedSeconds;
      const known = (value: number) => (Number.isNaN(value) ? 0 : value);
      const cpuSeconds = sent.nodes.reduce(
        (sum, { usage }) => sum + known(usage.cpuSeconds) + known(usage.reapedSeconds),
        0,
      );
      assert.ok(cpuSeconds <= attributed + 1e-6, `${cpuSeconds} of ${attributed}`);
    }),
  );
});
