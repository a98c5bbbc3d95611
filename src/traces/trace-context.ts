import { randomFillSync } from 'node:crypto';
import { printable } from '../text/printable.ts';

/** A span of another program whose trace is continued (W3C Trace Context). */
export interface TraceParent {
  /** 32 hexadecimal digits, lower case, not all 0. */
  readonly traceId: string;
  /** 16 hexadecimal digits, as above. */
  readonly spanId: string;
  /** Whether the other program records the trace. */
  readonly isSampled: boolean;
  /** `TRACESTATE`, unchanged; empty if missing. */
  readonly state: string;
}

/** A span of unitledger, in the form that other programs need. */
export type SpanContext = TraceParent;

/** Version, trace, parent, flags; later versions may append fields. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const KEY = '(?:[a-z][_0-9a-z*/-]{0,255}|[a-z0-9][_0-9a-z*/-]{0,240}@[a-z][_0-9a-z*/-]{0,13})';
const STATE_MEMBER = new RegExp(
  String.raw`^${KEY}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$`,
);
const MOST_STATE_MEMBERS = 32;
const SAMPLED = 1;
/** Maximum length of a value in a log message. */
const LONGEST_SHOWN = 80;

/**
 * The span in `TRACEPARENT` and `TRACESTATE`; null if there is none. A malformed value is ignored, and `warn` gets one
 * sentence.
 */
export function readTraceParent(
  { TRACEPARENT: text, TRACESTATE: state }: Readonly<Record<string, string | undefined>>,
  warn: (sentence: string) => void,
): TraceParent | null {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return null;
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(trimmed) ?? [];
  const isWhole = version !== undefined && version !== 'ff' && (version !== '00' || more === undefined);
  if (!isWhole || isZero(traceId!) || isZero(spanId!)) {
    warn(
      `ignoring TRACEPARENT="${printable(trimmed.slice(0, LONGEST_SHOWN))}": must be 00-TRACEID-SPANID-FLAGS in lower-case hexadecimal digits (W3C Trace Context); a new trace begins here`,
    );
    return null;
  }
  const isSampled = (Number.parseInt(flags!, 16) & SAMPLED) !== 0;
  return { traceId: traceId!, spanId: spanId!, isSampled, state: stateOf(state ?? '', warn) };
}

function stateOf(text: string, warn: (sentence: string) => void): string {
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length <= MOST_STATE_MEMBERS && members.every((member) => STATE_MEMBER.test(member)))
    return members.join(',');
  warn(`ignoring TRACESTATE: must be key=value pairs, separated by commas (W3C Trace Context)`);
  return '';
}

/** `environment` for a program whose spans should be children of `span`. */
export function withTraceContext(
  environment: Readonly<Record<string, string | undefined>>,
  { traceId, spanId, isSampled, state }: SpanContext,
): Readonly<Record<string, string | undefined>> {
  const { TRACESTATE: _, ...others } = environment;
  const flags = isSampled ? '01' : '00';
  return {
    ...others,
    TRACEPARENT: `00-${traceId}-${spanId}-${flags}`,
    ...(state !== '' && { TRACESTATE: state }),
  };
}

/** Context of a new span: a child of `parent`, or the root of a new trace. */
export function newContext(parent: TraceParent | null): SpanContext {
  if (parent !== null) return { ...parent, spanId: newSpanId() };
  return { traceId: randomId(16), spanId: newSpanId(), isSampled: true, state: '' };
}

export function newSpanId(): string {
  return randomId(8);
}

/** Random bytes for many IDs: a call for each would cost more than the rest of a short process's span. */
const pool = Buffer.alloc(4096);
let unusedFrom = pool.length;

/** All zeros is not a valid ID. */
function randomId(bytes: number): string {
  for (;;) {
    if (unusedFrom + bytes > pool.length) {
      randomFillSync(pool);
      unusedFrom = 0;
    }
    const id = pool.toString('hex', unusedFrom, unusedFrom + bytes);
    unusedFrom += bytes;
    if (!isZero(id)) return id;
  }
}

function isZero(id: string): boolean {
  return /^0*$/.test(id);
}
