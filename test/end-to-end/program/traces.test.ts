import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/host/clock.ts';
import { ProcessEventSource } from '../../../src/host/proc-events/process-event-source.ts';
import { skipUnless } from '../../skip.ts';
import { cpuSecondsOf, type ReceivedSpan, spansOf } from '../spans.ts';
import { assertNear, documentOf, logOf, runUnitledger, unitOf } from './unitledger.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const JSON_SUMMARY = ['--traces', '--summary', 'json', '--interval', '0.2'];
/** Files that make compiles; more by the environment, for a long look. */
const FILES = Number(process.env.TRACED_FILES ?? 40);
const JOBS = process.env.TRACED_JOBS ?? '2';
/** The kernel makes a process between the call that strace notes and the first one of that process. */
const MOST_OFF_SECONDS = 0.005;

/** A receiver of OTLP/JSON that accepts metrics, and answers traces with `status`. */
async function receive(t: TestContext, status = 200) {
  const spans: ReceivedSpan[] = [];
  const requests = { metrics: 0, traces: 0 };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const isTraces = request.url === '/v1/traces';
    requests[isTraces ? 'traces' : 'metrics']++;
    if (isTraces && status === 200) spans.push(...spansOf(JSON.parse(body)));
    response.writeHead(isTraces ? status : 200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  };
  return { spans, requests, environment };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const messagesOf = (stderr: string) => logOf(stderr).map(({ msg }) => String(msg));

/** Whether the kernel reports processes here, or why not. */
const events = await (async (): Promise<true | string> => {
  const source = ProcessEventSource.open(systemClock);
  if (!(source instanceof ProcessEventSource)) return `takes process events of the kernel: ${source.kind}`;
  const failure = await source.verify(() => {});
  source.close();
  return failure === null || `takes process events of the kernel: ${failure.kind}`;
})();

const tools = ['strace', 'gcc', 'make'].find((tool) => spawnSync(tool, ['--version']).status !== 0);
const canTrace = tools === undefined ? events : `takes ${tools}`;

describe('unitledger --traces', () => {
  test('continues the trace of the environment, and the command continues that of the run', async (t) => {
    const { spans, environment } = await receive(t);
    const script = 'echo "got $TRACEPARENT" >&2; sleep 0.5; exit 3';
    const ended = await runUnitledger([...JSON_SUMMARY, '--', 'sh', '-c', script], {
      environment: { ...environment, TRACEPARENT: `00-${TRACE}-${SPAN}-01`, TRACESTATE: 'ci=1' },
    });
    documentOf(ended, 3);
    const root = spans.find(({ parentSpanId }) => parentSpanId === SPAN)!;
    assert.match(ended.stderr, new RegExp(`^got 00-${TRACE}-${root.spanId}-01$`, 'm'));
    assert.ok(spans.every(({ traceId }) => traceId === TRACE));
    assert.deepEqual(root.status, { code: 2, message: 'exit code 3' });
    const shell = spans.find(({ parentSpanId }) => parentSpanId === root.spanId)!;
    assert.equal(shell.name, 'sh');
    assert.equal(shell.attributes['process.exit.code'], 3);
    const sleep = spans.find(({ parentSpanId }) => parentSpanId === shell.spanId)!;
    assert.equal(sleep.attributes['process.executable.name'], 'sleep');
  });

  test('ignores a malformed TRACEPARENT with one warning, and begins a trace of its own', async (t) => {
    const { spans, environment } = await receive(t);
    const ended = await runUnitledger([...JSON_SUMMARY, '--', 'sleep', '0.3'], {
      environment: { ...environment, TRACEPARENT: '00-\u001b[2Jjunk-01' },
    });
    documentOf(ended);
    const warnings = messagesOf(ended.stderr).filter((message) => message.includes('TRACEPARENT'));
    assert.equal(warnings.length, 1, ended.stderr);
    assert.match(warnings[0]!, /^ignoring TRACEPARENT="00-\\x1b\[2Jjunk-01": /);
    assert.ok(spans.some(({ parentSpanId, name }) => parentSpanId === undefined && name === 'sleep'));
  });

  test('loses no metrics to a collector that refuses traces, and ends in time', async (t) => {
    const { requests, environment } = await receive(t, 404);
    const args = [...JSON_SUMMARY, '--export-interval', '0.5', '--shutdown-timeout', '1'];
    const ended = await runUnitledger([...args, '--', 'sleep', '2'], {
      environment: { ...environment, UNITLEDGER_EXPORT: 'otlp' },
    });
    const document = documentOf(ended);
    assert.ok(document.export!.delivered >= 3, JSON.stringify(document.export));
    assert.equal(document.export!.delivered, requests.metrics);
    assert.deepEqual([document.export!.failed, document.export!.spooled], [0, 0]);
    assert.ok(requests.traces >= 1);
    const messages = messagesOf(ended.stderr);
    const buffering = messages.filter((message) => message.includes('buffering'));
    assert.equal(buffering.length, 1, ended.stderr);
    assert.match(buffering[0]!, /\/v1\/traces: HTTP 404.*; buffering traces \(1 batch of spans\)$/);
    assert.ok(
      messages.some((message) => /^dropped 1 export batch of spans: the run ended before/.test(message)),
    );
  });

  test('leaves spans in the spool while the collector is away, and the next run sends them', async (t) => {
    const { spans, environment } = await receive(t);
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-traces-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const args = [...JSON_SUMMARY, '--spool-dir', join(folder, 'spool'), '--', 'sleep'];
    const away = { ...environment, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/v1/traces' };
    documentOf(await runUnitledger([...args, '0.31'], { environment: away }));
    assert.deepEqual(spans, []);
    documentOf(await runUnitledger([...args, '0.32'], { environment }));
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 2);
  });

  test('sends the spans of a recording as the run sent its own', async (t) => {
    const { spans, environment } = await receive(t);
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-traces-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'run.ulr');
    const script = 'for i in 1 2 3; do /bin/true; sh -c "sleep 0.3"; done; false; sleep 0.4; exit 3';
    const run = documentOf(
      await runUnitledger([...JSON_SUMMARY, '--record', file, '--', 'sh', '-c', script], { environment }),
      3,
    );
    const live = spans.splice(0);
    assert.equal(run.traces?.spans, live.length);
    assert.deepEqual([run.traces?.delivered, run.traces?.failed, run.traces?.foldedProcesses], [1, 0, 0]);
    const replayed = await runUnitledger(['replay', '--traces', '--summary', 'json', file], { environment });
    assert.deepEqual(documentOf(replayed), run);
    assert.deepEqual(shapeOf(spans), shapeOf(live));
    assert.notEqual(spans[0]!.traceId, live[0]!.traceId);
    for (const span of live.filter(({ name }) => name !== 'sh')) {
      const again = spans.find(
        ({ attributes }) => attributes['process.pid'] === span.attributes['process.pid'],
      )!;
      assertNear(again.startSeconds, span.startSeconds, 0.002, `start of ${span.name}`);
      assertNear(again.endSeconds, span.endSeconds, 0.002, `end of ${span.name}`);
    }
    const refusing = await receive(t, 400);
    const refused = await runUnitledger(['replay', '--traces', '--summary', 'none', file], {
      environment: refusing.environment,
    });
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /the collector did not accept \d batch(?:es)? of the recording's spans/);
  });

  test(
    'has each process of a build that strace sees, its parent and its bounds',
    skipUnless(canTrace),
    async (t) => {
      const { spans, environment } = await receive(t);
      const folder = mkdtempSync(join(tmpdir(), 'unitledger-build-'));
      t.after(() => rmSync(folder, { recursive: true }));
      writeBuild(folder);
      const log = join(folder, 'strace.log');
      const strace = ['strace', '-f', '-ttt', '-e', 'trace=process', '-o', log];
      const ended = await runUnitledger(
        [...JSON_SUMMARY, '--', ...strace, 'make', '-s', `-j${JOBS}`, '-C', folder],
        { environment, longestSeconds: 300 },
      );
      const document = documentOf(ended);
      assert.equal(document.processEvents?.lost, 0);
      const seen = processesIn(readFileSync(log, 'utf8'));
      assert.ok(seen.length > 3 * FILES, `${seen.length} processes`);
      const offs = seen.map((process) => compare(process, spans));
      const worst = (of: keyof (typeof offs)[number]) => Math.max(...offs.map((off) => off[of]));
      t.diagnostic(
        `${seen.length} processes, starts within ${(1000 * worst('start')).toFixed(1)} ms, ends within ${(1000 * worst('end')).toFixed(1)} ms`,
      );
      assert.ok(worst('start') <= MOST_OFF_SECONDS, `a start is off by ${worst('start')} s`);
      assert.ok(worst('end') <= MOST_OFF_SECONDS, `an end is off by ${worst('end')} s`);
      const { attributedSeconds } = unitOf(document, 'strace').cpu;
      assertNear(cpuSecondsOf(spans), attributedSeconds!, 0.02 * attributedSeconds!, 'CPU of the spans');
    },
  );
});

/** Names with the names of their parents and their exit codes, in any order. */
function shapeOf(spans: readonly ReceivedSpan[]): readonly string[] {
  const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans
    .map(
      ({ name, parentSpanId, attributes }) =>
        `${name} below ${nameOf.get(parentSpanId ?? '')}: ${attributes['process.exit.code']}`,
    )
    .sort();
}

/** Small C files, and what compiles them. */
function writeBuild(folder: string): void {
  for (let i = 0; i < FILES; i++)
    writeFileSync(join(folder, `f${i}.c`), `int f${i}(int x) { return x * ${i}; }\n`);
  const objects = Array.from({ length: FILES }, (_, i) => `f${i}.o`).join(' ');
  writeFileSync(join(folder, 'Makefile'), `all: ${objects}\n%.o: %.c\n\t@gcc -O2 -c $< -o $@ && true\n`);
}

/** A process as strace saw it; times are of the wall clock. */
interface TracedProcess {
  readonly pid: number;
  /** Null: strace started it. */
  parent: number | null;
  /** When its parent called the kernel for it, and when strace saw it first. */
  startSeconds: number;
  seenSeconds: number;
  /** When it asked to end, and when strace heard that it had. */
  exitSeconds: number;
  endSeconds: number;
  exitCode: number | null;
}

/** Of a log of `strace -f -ttt -e trace=process`, those that were born and ended in it. */
function processesIn(log: string): TracedProcess[] {
  const processes = new Map<number, TracedProcess>();
  const forking = new Map<number, number>();
  const processOf = (pid: number) => {
    const known = processes.get(pid);
    if (known !== undefined) return known;
    const unknown = { parent: null, startSeconds: NaN, exitSeconds: NaN, endSeconds: NaN, exitCode: null };
    const process: TracedProcess = { pid, ...unknown, seenSeconds: NaN };
    processes.set(pid, process);
    return process;
  };
  for (const line of log.split('\n')) {
    const [, pidText, secondsText, rest = ''] = /^(\d+)\s+(\d+\.\d+) (.*)$/.exec(line) ?? [];
    if (pidText === undefined) continue;
    const [pid, seconds] = [Number(pidText), Number(secondsText)];
    const process = processOf(pid);
    if (Number.isNaN(process.seenSeconds)) process.seenSeconds = seconds;
    if (/^(?:v?fork|clone3?)\(/.test(rest)) forking.set(pid, seconds);
    const child = /^(?:<\.\.\. )?(?:v?fork|clone3?)\b.*= (\d+)$/.exec(rest)?.[1];
    if (child !== undefined) {
      const born = processOf(Number(child));
      born.parent = pid;
      born.startSeconds = forking.get(pid)!;
    }
    if (/^(?:exit|exit_group)\(/.test(rest)) process.exitSeconds = seconds;
    const exited = /^\+\+\+ exited with (\d+) \+\+\+$/.exec(rest)?.[1];
    if (exited === undefined) continue;
    process.endSeconds = seconds;
    process.exitCode = Number(exited);
  }
  return [...processes.values()].filter(({ parent }) => parent !== null);
}

/** By how many seconds the bounds of its span are off. Fails without a span, or if that says something else. */
function compare(process: TracedProcess, spans: readonly ReceivedSpan[]): { start: number; end: number } {
  const found = spans.filter(({ attributes }) => attributes['process.pid'] === process.pid);
  assert.equal(found.length, 1, `spans of ${process.pid}`);
  const [span] = found as [ReceivedSpan];
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  assert.equal(parent?.attributes['process.pid'], process.parent, `parent of ${process.pid}`);
  assert.equal(span.attributes['process.exit.code'], process.exitCode);
  const { exitSeconds, endSeconds } = process;
  return {
    start: Math.max(0, process.startSeconds - span.startSeconds, span.startSeconds - process.seenSeconds),
    end: Math.max(0, exitSeconds - span.endSeconds, span.endSeconds - endSeconds),
  };
}
