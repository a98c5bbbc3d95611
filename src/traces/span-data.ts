import { type Attributes, type HrTime, SpanKind, type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  ATTR_PROCESS_COMMAND_LINE,
  ATTR_PROCESS_CREATION_TIME,
  ATTR_PROCESS_EXECUTABLE_NAME,
  ATTR_PROCESS_EXIT_CODE,
  ATTR_PROCESS_PARENT_PID,
  ATTR_PROCESS_PID,
} from '@opentelemetry/semantic-conventions/incubating';
import { ATTR_SYSTEMD_UNIT_NAME, encodable } from '../telemetry/attributes.ts';
import { hrTimeOf } from '../telemetry/hr-time.ts';
import type { FoldedSpan } from './fold.ts';
import type { ExecMark, ProcessNode, SpanUsage, TraceRoot } from './process-node.ts';

/** Attributes without a semantic convention. Times are seconds, sizes bytes. */
const SPAN_ATTRIBUTES = {
  cpu: 'unitledger.cpu.time',
  reapedCpu: 'unitledger.cpu.reaped_time',
  peakMemory: 'unitledger.memory.peak',
  disk: 'unitledger.disk.io',
  transfer: 'unitledger.transfer.io',
  startSource: 'unitledger.span.start_source',
  endSource: 'unitledger.span.end_source',
  processes: 'unitledger.process.count',
  eventSource: 'unitledger.event.source',
  apportioned: 'unitledger.cpu.apportioned',
  foldCount: 'unitledger.fold.count',
  foldFailed: 'unitledger.fold.failed',
  foldDuration: 'unitledger.fold.duration',
} as const;

/** Shared by all spans of a batch. */
interface SpanSurroundings {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
}

/** Higher exit codes are signals (shell convention). */
const SIGNALLED = 128;

/** Receives the attributes of a span. */
export type PutAttribute = (name: string, value: string | number | boolean) => void;

/** A span before it is encoded. Times are seconds on the monotonic clock of the run. */
export interface SpanContent {
  readonly root: TraceRoot;
  /** Valid UTF-8. Hostile text. */
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** The parent belongs to another program. */
  readonly isParentRemote: boolean;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly status: SpanStatus;
  readonly putAttributes: (put: PutAttribute) => void;
  readonly execs: readonly ExecMark[];
  readonly droppedExecs: number;
}

/** Spans of one request. Their contents are created one by one: thousands at a time would outlive V8's young generation. */
export interface SpanBatch {
  readonly around: SpanSurroundings;
  readonly count: number;
  readonly contentOf: (index: number) => SpanContent;
}

const NO_EXECS: readonly ExecMark[] = [];
/** Name of the event of an exec. */
export const EXEC_EVENT = 'exec';

/** The span of one process. */
export function processSpan(node: ProcessNode): SpanContent {
  return {
    root: node.root,
    name: encodable(node.name),
    spanId: node.spanId,
    parentSpanId: node.parentSpanId,
    isParentRemote: false,
    startSeconds: node.startSeconds,
    endSeconds: node.endSeconds,
    status: statusOf(node.exitCode),
    putAttributes: (put) => putProcess(node, put),
    execs: node.execs,
    droppedExecs: node.execCount - node.execs.length,
  };
}

function putProcess(node: ProcessNode, put: PutAttribute): void {
  const { exitCode, command, createdUnixMillis } = node;
  putUnit(node.root, put);
  put(ATTR_PROCESS_PID, node.pid);
  put(ATTR_PROCESS_PARENT_PID, node.parentPid);
  put(ATTR_PROCESS_EXECUTABLE_NAME, encodable(node.executable));
  if (!Number.isNaN(createdUnixMillis))
    put(ATTR_PROCESS_CREATION_TIME, new Date(createdUnixMillis).toISOString());
  if (exitCode !== null) put(ATTR_PROCESS_EXIT_CODE, exitCode);
  if (command !== null) put(ATTR_PROCESS_COMMAND_LINE, encodable(command));
  putUsage(node.usage, put);
  if (node.isUnseen) put(SPAN_ATTRIBUTES.apportioned, true);
  put(SPAN_ATTRIBUTES.startSource, node.startSource);
  put(SPAN_ATTRIBUTES.endSource, node.endSource);
}

/** The span of several folded processes. */
export function foldedSpan(folded: FoldedSpan): SpanContent {
  return {
    root: folded.root,
    name: encodable(`${folded.name} ×${folded.count}`),
    spanId: folded.spanId,
    parentSpanId: folded.parentSpanId,
    isParentRemote: false,
    startSeconds: folded.startSeconds,
    endSeconds: folded.endSeconds,
    status: statusOf(null),
    putAttributes: (put) => putFolded(folded, put),
    execs: NO_EXECS,
    droppedExecs: 0,
  };
}

function putFolded(
  { root, name, count, failed, durationSeconds, usage }: FoldedSpan,
  put: PutAttribute,
): void {
  putUnit(root, put);
  put(ATTR_PROCESS_EXECUTABLE_NAME, encodable(name));
  putUsage(usage, put);
  put(SPAN_ATTRIBUTES.foldCount, count);
  put(SPAN_ATTRIBUTES.foldFailed, failed);
  put(SPAN_ATTRIBUTES.foldDuration, durationSeconds);
}

/** The span of an instance of a unit, or of a command. */
export function rootSpan(root: TraceRoot): SpanContent {
  return {
    root,
    name: encodable(root.unit),
    spanId: root.context.spanId,
    parentSpanId: root.parent?.spanId ?? null,
    isParentRemote: root.parent !== null,
    startSeconds: root.startSeconds,
    endSeconds: root.endSeconds,
    status: statusOf(root.exitCode),
    putAttributes: (put) => putRoot(root, put),
    execs: NO_EXECS,
    droppedExecs: 0,
  };
}

function putRoot(root: TraceRoot, put: PutAttribute): void {
  const { exitCode, cpuSeconds } = root;
  putUnit(root, put);
  if (exitCode !== null) put(ATTR_PROCESS_EXIT_CODE, exitCode);
  putKnown(SPAN_ATTRIBUTES.cpu, cpuSeconds, put);
  put(SPAN_ATTRIBUTES.processes, root.processes);
  put(SPAN_ATTRIBUTES.endSource, root.endSource);
}

/** The attributes of the event of an exec. */
export function putExec({ executable, source }: ExecMark, put: PutAttribute): void {
  if (executable !== null) put(ATTR_PROCESS_EXECUTABLE_NAME, encodable(executable));
  put(SPAN_ATTRIBUTES.eventSource, source);
}

/** Wall-clock time of a time of a span. */
export function unixMillisOf(root: TraceRoot, atSeconds: number): number {
  return root.zeroUnixMillis + atSeconds * 1000;
}

/** The spans of a batch as the SDK has them. */
export function readableSpans({ around, count, contentOf }: SpanBatch): ReadableSpan[] {
  return Array.from({ length: count }, (_, index) => readableSpan(contentOf(index), around));
}

function readableSpan(content: SpanContent, { resource, scope }: SpanSurroundings): ReadableSpan {
  const { root, parentSpanId, startSeconds, endSeconds } = content;
  const { traceId, isSampled, state } = root.context;
  const shared = {
    traceId,
    traceFlags: isSampled ? 1 : 0,
    ...(state !== '' && { traceState: traceStateOf(state) }),
  };
  const timeAt = (atSeconds: number): HrTime => hrTimeOf(unixMillisOf(root, atSeconds));
  return {
    name: content.name,
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ ...shared, spanId: content.spanId }),
    ...(parentSpanId !== null && {
      parentSpanContext: { ...shared, spanId: parentSpanId, isRemote: content.isParentRemote },
    }),
    startTime: timeAt(startSeconds),
    endTime: timeAt(endSeconds),
    duration: hrTimeOf((endSeconds - startSeconds) * 1000),
    status: content.status,
    attributes: attributesBy(content.putAttributes),
    links: [],
    events: content.execs.map((mark) => ({
      name: EXEC_EVENT,
      time: timeAt(mark.atSeconds),
      attributes: attributesBy((put) => putExec(mark, put)),
    })),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: content.droppedExecs,
    droppedLinksCount: 0,
  };
}

function attributesBy(putAll: (put: PutAttribute) => void): Attributes {
  const attributes: Attributes = {};
  putAll((name, value) => {
    attributes[name] = value;
  });
  return attributes;
}

/** Only its text is used: entries of other vendors are opaque. */
function traceStateOf(text: string): NonNullable<ReturnType<ReadableSpan['spanContext']>['traceState']> {
  const state = { get: () => undefined, set: () => state, unset: () => state, serialize: () => text };
  return state;
}

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };

function statusOf(exitCode: number | null): SpanStatus {
  if (exitCode === null || exitCode === 0) return UNSET;
  const message = exitCode > SIGNALLED ? `signal ${exitCode - SIGNALLED}` : `exit code ${exitCode}`;
  return { code: SpanStatusCode.ERROR, message };
}

function putUnit({ unit }: TraceRoot, put: PutAttribute): void {
  put(ATTR_SYSTEMD_UNIT_NAME, encodable(unit));
}

function putUsage(usage: SpanUsage, put: PutAttribute): void {
  putKnown(SPAN_ATTRIBUTES.cpu, usage.cpuSeconds, put);
  putKnown(SPAN_ATTRIBUTES.reapedCpu, usage.reapedSeconds, put);
  putKnown(SPAN_ATTRIBUTES.peakMemory, usage.peakMemoryBytes, put);
  putKnown(SPAN_ATTRIBUTES.disk, usage.diskBytes, put);
  putKnown(SPAN_ATTRIBUTES.transfer, usage.transferBytes, put);
}

function putKnown(name: string, value: number, put: PutAttribute): void {
  if (!Number.isNaN(value)) put(name, value);
}
