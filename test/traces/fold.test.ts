import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FoldedBatch, foldSpans } from '../../src/traces/fold.ts';
import type { ProcessNode } from '../../src/traces/process-node.ts';
import { endedNode, rootNamed } from './nodes.ts';

const root = rootNamed('make');

function spansOf({ single, folded }: FoldedBatch): number {
  return single.length + folded.length;
}

test('spans within the limit are unchanged', () => {
  const nodes = [1, 2, 3].map((to) => endedNode({ root, name: 'cc', to }));
  assert.deepEqual(foldSpans(nodes, 3), { single: nodes, folded: [] });
});

test('beyond the limit the shortest siblings of one name fold into one span with their sums', () => {
  const make = endedNode({ root, name: 'make', to: 50 });
  const compilers = [9, 1, 2, 3].map((seconds, at) =>
    endedNode({ root, parent: make, name: 'cc', from: at, to: at + seconds, exitCode: at === 1 ? 2 : 0 }),
  );
  const { single, folded } = foldSpans([...compilers, make], 3);
  assert.deepEqual(single, [compilers[0], make]);
  const [fold] = folded;
  assert.equal(folded.length, 1);
  const { count, failed, startSeconds, endSeconds, durationSeconds, name } = fold!;
  assert.deepEqual(
    { name, count, failed, startSeconds, endSeconds, durationSeconds },
    { name: 'cc', count: 3, failed: 1, startSeconds: 1, endSeconds: 6, durationSeconds: 6 },
  );
  assert.equal(fold!.parentSpanId, make.spanId);
  assert.equal(fold!.usage.cpuSeconds, 1.5);
  assert.equal(fold!.usage.peakMemoryBytes, 4096);
  assert.ok(Number.isNaN(fold!.usage.transferBytes));
});

test('children of processes that fold become children of the fold, and fold there', () => {
  const make = endedNode({ root, name: 'make', to: 50 });
  const shells = [1, 2, 3].map((to) => endedNode({ root, parent: make, name: 'sh', to }));
  const compilers = shells.map((parent, at) => endedNode({ root, parent, name: 'cc', to: at + 0.5 }));
  const { single, folded } = foldSpans([...compilers, ...shells, make], 3);
  assert.deepEqual(single, [make]);
  const of = (name: string) => folded.find((fold) => fold.name === name)!;
  assert.equal(of('sh').parentSpanId, make.spanId);
  assert.equal(of('cc').parentSpanId, of('sh').spanId);
  assert.equal(of('cc').count, 3);
});

test('a living child of a process that folded does not keep the others in memory', () => {
  const make = endedNode({ root, name: 'make', to: 50 });
  const shells = [1, 2, 3].map((to) => endedNode({ root, parent: make, name: 'sh', to }));
  const daemon = endedNode({ root, parent: shells[0]!, name: 'daemon', to: 100 });
  const { folded } = foldSpans([...shells, make], 2);
  for (const node of [...folded[0]!.members, make]) node.noteSent(true);
  const kept = new Set<object>();
  const walk = (from: object) => {
    if (kept.has(from)) return;
    kept.add(from);
    for (const value of Object.values(from)) if (typeof value === 'object' && value !== null) walk(value);
  };
  walk(daemon.parent!);
  assert.deepEqual(
    shells.map((shell) => kept.has(shell)),
    [true, false, false],
  );
});

test('a process whose child was sent with it as parent keeps its span', () => {
  const parents = [1, 2].map((to) => endedNode({ root, name: 'sh', to }));
  endedNode({ root, parent: parents[0]!, name: 'cc', to: 1 }).noteSent(true);
  const { single, folded } = foldSpans(parents, 1);
  assert.deepEqual(single, parents);
  assert.deepEqual(folded, []);
});

test('a chain of forks folds into one span below the root, however long it is', () => {
  const chain: ProcessNode[] = [];
  for (let i = 0; i < 20_000; i++)
    chain.push(endedNode({ root, parent: chain.at(-1) ?? null, name: 'bomb', to: 1 }));
  const { single, folded } = foldSpans(chain.toReversed(), 10);
  assert.deepEqual(single, []);
  assert.equal(folded.length, 1);
  assert.equal(folded[0]!.count, 20_000);
  assert.equal(folded[0]!.parentSpanId, root.context.spanId);
});

test('each process is in one span, sums are unchanged, every parent exists, and no span is its own ancestor', () => {
  const processes = fc.array(
    fc.record({ name: fc.constantFrom('sh', 'cc', 'ld'), parent: fc.nat(30), seconds: fc.nat(20) }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(processes, fc.nat(40), (made, room) => {
      const nodes: ProcessNode[] = [];
      for (const { name, parent, seconds } of made)
        nodes.push(endedNode({ root, name, to: seconds, parent: nodes[parent - 5] ?? null }));
      const batch = foldSpans(nodes, room);
      const members = [...batch.single, ...batch.folded.flatMap((fold) => fold.members)];
      assert.deepEqual(new Set(members), new Set(nodes));
      assert.equal(members.length, nodes.length);
      const names = new Set(made.map(({ name }) => name)).size;
      assert.ok(spansOf(batch) <= Math.max(room, names), `${spansOf(batch)} spans for ${room}`);
      const parentOf = new Map([
        ...batch.single.map((node) => [node.spanId, node.parentSpanId] as const),
        ...batch.folded.map((fold) => [fold.spanId, fold.parentSpanId] as const),
      ]);
      for (const spanId of parentOf.keys()) {
        let at = spanId;
        for (let steps = 0; at !== root.context.spanId; steps++) {
          assert.ok(steps <= nodes.length, 'a ring of parents');
          assert.ok(parentOf.has(at), 'a parent that is not there');
          at = parentOf.get(at)!;
        }
      }
      const cpuSeconds =
        batch.single.reduce((sum, { usage }) => sum + usage.cpuSeconds, 0) +
        batch.folded.reduce((sum, { usage }) => sum + usage.cpuSeconds, 0);
      assert.ok(Math.abs(cpuSeconds - 0.5 * nodes.length) < 1e-9);
    }),
  );
});
