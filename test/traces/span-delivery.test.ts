import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type Field, fieldsOf } from '../../src/telemetry/export/protobuf-fields.ts';
import { SpoolDirectory } from '../../src/telemetry/export/spool/spool-directory.ts';
import { splitWindow } from '../../src/telemetry/export/window-parts.ts';
import { foldSpans } from '../../src/traces/fold.ts';
import type { TraceRoot } from '../../src/traces/process-node.ts';
import { foldedSpan, processSpan, readableSpans, rootSpan } from '../../src/traces/span-data.ts';
import { QueuedSpans } from '../../src/traces/span-delivery.ts';
import { ManualClock } from '../sampling/manual-clock.ts';
import { ACCEPTED, away, HeldTransport, turn } from '../telemetry/export/held-transport.ts';
import { temporaryDirectory } from '../telemetry/export/spool/temporary-directory.ts';
import { RecordedLog } from '../telemetry/recorded-log.ts';
import { endedNode, rootNamed, spansOf } from './nodes.ts';

function setUp(encoding: 'json' | 'protobuf' = 'json', spool: SpoolDirectory | null = null) {
  const transport = new HeldTransport();
  const log = new RecordedLog();
  const clock = new ManualClock();
  const delivery = new QueuedSpans({
    signal: 'traces',
    encoding: { name: encoding },
    transport,
    transportOf: () => null,
    limits: { memoryBytes: 1_000_000, diskBytes: 1_000_000, ageSeconds: 3600 },
    spool,
    timeoutSeconds: 10,
    clock,
    log,
    random: () => 0,
  });
  return { transport, log, clock, delivery };
}

interface JsonSpan {
  readonly name: string;
  readonly attributes: { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly [key: string]: unknown;
}

function spansIn(body: Uint8Array): JsonSpan[] {
  const { resourceSpans } = JSON.parse(Buffer.from(body).toString());
  return resourceSpans[0].scopeSpans.flatMap(({ spans }: { spans: JsonSpan[] }) => spans);
}

function attributesOf({ attributes }: JsonSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

test('a process is a span with the names of the semantic conventions, and the sources of its bounds', async () => {
  const { delivery, transport } = setUp();
  const root = rootNamed('make');
  const node = endedNode({
    root,
    name: 'cc1',
    pid: 42,
    from: 1.25,
    to: 2.5,
    exitCode: 1,
    command: 'cc1 a.c',
  });
  node.noteExec({ atSeconds: 1.5, executable: 'as', source: 'sample' });
  delivery.send(spansOf(processSpan(node), rootSpan({ ...root, exitCode: 0 })));
  const [span, above] = spansIn(transport.bodies[0]!) as [JsonSpan, JsonSpan];
  const { name, kind, traceId, parentSpanId, startTimeUnixNano, endTimeUnixNano, status, events } = span;
  assert.deepEqual(
    { name, kind, traceId, parentSpanId, startTimeUnixNano, endTimeUnixNano, status },
    {
      name: 'cc1',
      kind: 1,
      traceId: root.context.traceId,
      parentSpanId: root.context.spanId,
      startTimeUnixNano: '1700000001250000000',
      endTimeUnixNano: '1700000002500000000',
      status: { code: 2, message: 'exit code 1' },
    },
  );
  assert.deepEqual(attributesOf(span), {
    'systemd.unit.name': 'make',
    'process.pid': 42,
    'process.parent_pid': 1,
    'process.executable.name': 'as',
    'process.creation.time': '1970-01-01T00:00:01.000Z',
    'process.exit.code': 1,
    'process.command_line': 'cc1 a.c',
    'unitledger.cpu.time': 0.5,
    'unitledger.cpu.reaped_time': 0.25,
    'unitledger.memory.peak': 4096,
    'unitledger.disk.io': 512,
    'unitledger.span.start_source': 'start_time',
    'unitledger.span.end_source': 'sample',
  });
  const [exec] = events as { name: string; timeUnixNano: string }[];
  assert.equal(exec!.name, 'exec');
  assert.equal(exec!.timeUnixNano, '1700000001500000000');
  assert.equal(above.parentSpanId, undefined);
  assert.deepEqual(above.status, { code: 0 });
});

test('a signal is an error, like any exit code other than 0', () => {
  const root = rootNamed('make');
  const status = (exitCode: number | null) =>
    processSpan(endedNode({ root, name: 'cc', to: 1, exitCode })).status;
  assert.deepEqual(status(137), { code: 2, message: 'signal 9' });
  assert.deepEqual(status(0), { code: 0 });
  assert.deepEqual(status(null), { code: 0 });
});

test('the root is a child of the other program’s span, with its state', () => {
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true, state: 'ci=1' };
  const root: TraceRoot = { ...rootNamed('make'), parent, context: { ...parent, spanId: 'c'.repeat(16) } };
  const [span] = readableSpans(spansOf(rootSpan(root)));
  assert.equal(span!.parentSpanContext?.spanId, parent.spanId);
  assert.equal(span!.parentSpanContext?.isRemote, true);
  assert.equal(span!.spanContext().traceState?.serialize(), 'ci=1');
});

test('names with escape codes and invalid text are sent like other attributes, and never break a request', () => {
  const name = '\u001b[31m\u0000evil\n\u202e\ud800';
  const root = rootNamed(name);
  const node = endedNode({ root, name, to: 1, command: name });
  const nodes = [1, 2].map((to) => endedNode({ root, name, to }));
  const { folded } = foldSpans(nodes, 1);
  const spans = [processSpan(node), rootSpan(root), foldedSpan(folded[0]!)];
  for (const encoding of ['json', 'protobuf'] as const) {
    const { delivery, transport, log } = setUp(encoding);
    delivery.send(spansOf(...spans));
    assert.equal(transport.bodies.length, 1);
    assert.deepEqual(log.said, []);
  }
  for (const span of spans) assert.ok(span.name.isWellFormed());
});

test('protobuf is the same as by the SDK’s serializer, byte by byte', () => {
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true, state: 'ci=1' };
  const below: TraceRoot = { ...rootNamed('make'), parent, context: { ...parent, spanId: 'c'.repeat(16) } };
  const root: TraceRoot = { ...rootNamed('größe'.repeat(20)), cpuSeconds: Number.NaN };
  const plain = endedNode({ root, name: 'cc1', pid: 42, from: 1.25, to: 2.5, exitCode: 0 });
  plain.isUnseen = true;
  const failed = endedNode({ root: below, name: 'as', from: 0.1, to: 0.3, exitCode: 139, command: 'as é' });
  failed.noteExec({ atSeconds: 0.2, executable: null, source: 'event' });
  for (let marks = 0; marks < 40; marks++)
    failed.noteExec({ atSeconds: 0.25, executable: 'x'.repeat(marks * 5), source: 'sample' });
  const unsampled: TraceRoot = {
    ...rootNamed('make'),
    context: { ...rootNamed('make').context, isSampled: false },
  };
  const { folded } = foldSpans(
    [1, 2].map((to) => endedNode({ root: below, name: 'sh', to })),
    1,
  );
  const batch = spansOf(
    processSpan(plain),
    processSpan(failed),
    processSpan(endedNode({ root: unsampled, name: 'ld', pid: 2 ** 22, to: 1 })),
    foldedSpan(folded[0]!),
    rootSpan({ ...root, exitCode: 2 }),
    rootSpan(below),
  );
  const { delivery, transport } = setUp('protobuf');
  delivery.send(batch);
  const expected = ProtobufTraceSerializer.serializeRequest(readableSpans(batch))!;
  assert.deepEqual(Buffer.from(transport.bodies[0]!), Buffer.from(expected));
});

test('a batch waits while the collector rejects traces, with one warning, and the end gives up in time', async () => {
  const { delivery, transport, log, clock } = setUp();
  const span = processSpan(endedNode({ root: rootNamed('make'), name: 'cc', to: 1 }));
  delivery.send(spansOf(span));
  for (let tries = 0; tries < 5; tries++) {
    await transport.answer(
      away('HTTP 404: 404 page not found (is the path of the endpoint right?)', null, 'HTTP 404'),
    );
    clock.advance(40);
    await turn();
  }
  assert.deepEqual(log.said, [
    'warn: collector http://collector.test/: HTTP 404: 404 page not found (is the path of the endpoint right?); buffering traces (1 batch of spans) (HTTP 404: 404 page not found (is the path of the endpoint right?))',
  ]);
  const ended = delivery.shutdown(5);
  clock.advance(5);
  await ended;
  assert.equal(delivery.counts.failed, 1);
  assert.match(log.said.at(-1)!, /^warn: dropped 1 export batch of spans: the run ended before /);
});

test('the spool keeps spans separate from metrics, under their own names, and the next run sends them', async (t) => {
  const path = temporaryDirectory(t);
  const metrics = SpoolDirectory.open(path);
  const first = setUp('protobuf', SpoolDirectory.open(path, 'traces'));
  const span = processSpan(endedNode({ root: rootNamed('make'), name: 'cc', to: 1 }));
  first.delivery.send(spansOf(span));
  await first.transport.answer(away('ECONNREFUSED'));
  const ended = first.delivery.shutdown(0);
  first.clock.advance(0);
  await ended;
  assert.match(
    readdirSync(join(path, 'traces'))
      .filter((name) => !name.startsWith('.'))
      .join(),
    /\.traces\.pb$/,
  );
  metrics.close();
  const again = SpoolDirectory.open(path);
  assert.deepEqual(again.found, { waiting: [], aside: [], foreign: [] });
  const spool = SpoolDirectory.open(path, 'traces');
  assert.equal(spool.found.waiting[0]?.signal, 'traces');
  const second = setUp('protobuf', spool);
  assert.deepEqual(Buffer.from(second.transport.bodies[0]!), Buffer.from(first.transport.bodies[0]!));
  await second.transport.answer(ACCEPTED);
  assert.equal(second.delivery.counts.delivered, 1);
  again.close();
  assert.ok(existsSync(path));
});

test('a batch that is too large is sent in halves with every span once', () => {
  const root = rootNamed('make');
  const spans = Array.from({ length: 7 }, (_, pid) =>
    processSpan(endedNode({ root, name: 'cc', pid, to: 1 })),
  );
  for (const encoding of ['json', 'protobuf'] as const) {
    const { delivery, transport } = setUp(encoding);
    delivery.send(spansOf(...spans));
    const halves = splitWindow(transport.bodies[0]!, encoding, 'traces')!;
    const counts = halves.map((half) => (encoding === 'json' ? spansIn(half).length : spansInProtobuf(half)));
    assert.equal(counts[0]! + counts[1]!, 7);
    assert.ok(counts.every((count) => count >= 3));
  }
});

function spansInProtobuf(body: Uint8Array): number {
  const within = (bytes: Uint8Array, number: number): Field[] =>
    fieldsOf(bytes).fields.filter((field) => field.number === number);
  return within(body, 1)
    .flatMap(({ value }) => within(value as Uint8Array, 2))
    .flatMap(({ value }) => within(value as Uint8Array, 2)).length;
}
