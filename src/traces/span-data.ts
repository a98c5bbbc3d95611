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
import { encodable, unitAttributes } from '../telemetry/attributes.ts';
import { hrTimeOf } from '../telemetry/hr-time.ts';
import type { FoldedSpan } from './fold.ts';
import type { ExecMark, ProcessNode, SpanUsage, TraceRoot } from './process-node.ts';
import type { TraceParent } from './trace-context.ts';

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
export interface SpanSurroundings {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
}

/** Higher exit codes are signals (shell convention). */
const SIGNALLED = 128;

/** The span of one process. */
export function processSpan(node: ProcessNode, around: SpanSurroundings): ReadableSpan {
  const { root, usage, exitCode, command, createdUnixMillis } = node;
  return spanOf({
    around,
    root,
    name: node.name,
    spanId: node.spanId,
    parentSpanId: node.parentSpanId,
    startSeconds: node.startSeconds,
    endSeconds: node.endSeconds,
    status: statusOf(exitCode),
    attributes: {
      ...unitAttributes(root.unit),
      [ATTR_PROCESS_PID]: node.pid,
      [ATTR_PROCESS_PARENT_PID]: node.parentPid,
      [ATTR_PROCESS_EXECUTABLE_NAME]: encodable(node.executable),
      ...(!Number.isNaN(createdUnixMillis) && {
        [ATTR_PROCESS_CREATION_TIME]: new Date(createdUnixMillis).toISOString(),
      }),
      ...(exitCode !== null && { [ATTR_PROCESS_EXIT_CODE]: exitCode }),
      ...(command !== null && { [ATTR_PROCESS_COMMAND_LINE]: encodable(command) }),
      ...usageAttributes(usage),
      ...(node.isUnseen && { [SPAN_ATTRIBUTES.apportioned]: true }),
      [SPAN_ATTRIBUTES.startSource]: node.startSource,
      [SPAN_ATTRIBUTES.endSource]: node.endSource,
    },
    execs: node.execs,
    droppedExecs: node.execCount - node.execs.length,
  });
}

/** The span of several folded processes. */
export function foldedSpan(folded: FoldedSpan, around: SpanSurroundings): ReadableSpan {
  const { root, count, failed, durationSeconds, usage } = folded;
  return spanOf({
    around,
    root,
    name: `${folded.name} ×${count}`,
    spanId: folded.spanId,
    parentSpanId: folded.parentSpanId,
    startSeconds: folded.startSeconds,
    endSeconds: folded.endSeconds,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      ...unitAttributes(root.unit),
      [ATTR_PROCESS_EXECUTABLE_NAME]: encodable(folded.name),
      ...usageAttributes(usage),
      [SPAN_ATTRIBUTES.foldCount]: count,
      [SPAN_ATTRIBUTES.foldFailed]: failed,
      [SPAN_ATTRIBUTES.foldDuration]: durationSeconds,
    },
  });
}

/** The span of an instance of a unit, or of a command. */
export function rootSpan(root: TraceRoot, around: SpanSurroundings): ReadableSpan {
  const { exitCode, cpuSeconds, parent } = root;
  return spanOf({
    around,
    root,
    name: root.unit,
    spanId: root.context.spanId,
    parentSpanId: parent?.spanId ?? null,
    remoteParent: parent,
    startSeconds: root.startSeconds,
    endSeconds: root.endSeconds,
    status: statusOf(exitCode),
    attributes: {
      ...unitAttributes(root.unit),
      ...(exitCode !== null && { [ATTR_PROCESS_EXIT_CODE]: exitCode }),
      ...known(SPAN_ATTRIBUTES.cpu, cpuSeconds),
      [SPAN_ATTRIBUTES.processes]: root.processes,
      [SPAN_ATTRIBUTES.endSource]: root.endSource,
    },
  });
}

interface SpanParts {
  readonly around: SpanSurroundings;
  readonly root: TraceRoot;
  /** Hostile text. */
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** The parent, if it belongs to another program. */
  readonly remoteParent?: TraceParent | null;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly execs?: readonly ExecMark[];
  readonly droppedExecs?: number;
}

function spanOf(parts: SpanParts): ReadableSpan {
  const { around, root, parentSpanId, startSeconds, endSeconds } = parts;
  const { resource, scope } = around;
  const { traceId, isSampled, state } = root.context;
  const shared = {
    traceId,
    traceFlags: isSampled ? 1 : 0,
    ...(state !== '' && { traceState: traceStateOf(state) }),
  };
  const timeAt = (atSeconds: number): HrTime => hrTimeOf(root.zeroUnixMillis + atSeconds * 1000);
  return {
    name: encodable(parts.name),
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ ...shared, spanId: parts.spanId }),
    ...(parentSpanId !== null && {
      parentSpanContext: { ...shared, spanId: parentSpanId, isRemote: (parts.remoteParent ?? null) !== null },
    }),
    startTime: timeAt(startSeconds),
    endTime: timeAt(endSeconds),
    duration: hrTimeOf((endSeconds - startSeconds) * 1000),
    status: parts.status,
    attributes: parts.attributes,
    links: [],
    events: (parts.execs ?? []).map(({ atSeconds, executable, source }) => ({
      name: 'exec',
      time: timeAt(atSeconds),
      attributes: {
        ...(executable !== null && { [ATTR_PROCESS_EXECUTABLE_NAME]: encodable(executable) }),
        [SPAN_ATTRIBUTES.eventSource]: source,
      },
    })),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: parts.droppedExecs ?? 0,
    droppedLinksCount: 0,
  };
}

/** Only its text is used: entries of other vendors are opaque. */
function traceStateOf(text: string): NonNullable<ReturnType<ReadableSpan['spanContext']>['traceState']> {
  const state = { get: () => undefined, set: () => state, unset: () => state, serialize: () => text };
  return state;
}

function statusOf(exitCode: number | null): SpanStatus {
  if (exitCode === null || exitCode === 0) return { code: SpanStatusCode.UNSET };
  const message = exitCode > SIGNALLED ? `signal ${exitCode - SIGNALLED}` : `exit code ${exitCode}`;
  return { code: SpanStatusCode.ERROR, message };
}

function usageAttributes(usage: SpanUsage): Attributes {
  return {
    ...known(SPAN_ATTRIBUTES.cpu, usage.cpuSeconds),
    ...known(SPAN_ATTRIBUTES.reapedCpu, usage.reapedSeconds),
    ...known(SPAN_ATTRIBUTES.peakMemory, usage.peakMemoryBytes),
    ...known(SPAN_ATTRIBUTES.disk, usage.diskBytes),
    ...known(SPAN_ATTRIBUTES.transfer, usage.transferBytes),
  };
}

function known(name: string, value: number): Attributes {
  return Number.isNaN(value) ? {} : { [name]: value };
}
