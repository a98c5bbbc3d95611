import type { Clock } from '../../host/clock.ts';
import type { WaitingWindow } from './backlog.ts';
import type { EncodingName } from './otlp-encoding.ts';
import { rawFieldsOf } from './protobuf-fields.ts';
import type { SignalName } from './signal.ts';

/**
 * Fields of the messages from a request down to its smallest parts (opentelemetry-proto, metrics.proto and trace.proto):
 * resource metrics, scope metrics, metrics, one kind of data, points; or resource spans, scope spans, spans.
 */
const FIELDS: Readonly<Record<SignalName, readonly (readonly number[])[]>> = {
  metrics: [[1], [2], [2], [5, 7, 9, 10, 11], [1]],
  traces: [[1], [2], [2]],
};

const KEYS: Readonly<Record<SignalName, readonly (readonly string[])[]>> = {
  metrics: [
    ['resourceMetrics'],
    ['scopeMetrics'],
    ['metrics'],
    ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'],
    ['dataPoints'],
  ],
  traces: [['resourceSpans'], ['scopeSpans'], ['spans']],
};

/** In bytes: parts up to this size are not split, because every receiver accepts it, so the size is not the cause. */
const LEAST_SPLIT_BYTES = 65_536;
/** In seconds: a receiver's limit is forgotten after this time, because it may have changed. */
const REMEMBERED_SECONDS = 600;

/** Splits windows that are too large for a collector, and remembers the size that was too large. */
export class WindowParts {
  readonly #clock: Pick<Clock, 'monotonicSeconds'>;
  #tooLargeBytes = Number.POSITIVE_INFINITY;
  #learntAtSeconds = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonicSeconds'>) {
    this.#clock = clock;
  }

  /** The next part to send of a window with the bytes `body`. */
  next(window: WaitingWindow, body: Uint8Array): Uint8Array {
    if (this.#clock.monotonicSeconds() - this.#learntAtSeconds > REMEMBERED_SECONDS)
      this.#tooLargeBytes = Number.POSITIVE_INFINITY;
    window.parts ??= [body];
    while (window.parts[0]!.length >= this.#tooLargeBytes && this.#split(window));
    return window.parts[0]!;
  }

  /** The sent part was too large. False if it cannot be split. */
  refused(window: WaitingWindow): boolean {
    this.#tooLargeBytes = window.parts![0]!.length;
    this.#learntAtSeconds = this.#clock.monotonicSeconds();
    return this.#split(window);
  }

  /** The sent part was accepted. False if it was the last part. */
  accepted({ parts }: WaitingWindow): boolean {
    parts!.shift();
    return parts!.length > 0;
  }

  #split({ parts, stored }: WaitingWindow): boolean {
    const [part] = parts!;
    const halves =
      part!.length > LEAST_SPLIT_BYTES ? splitWindow(part!, stored.encoding, stored.signal) : null;
    if (halves === null) return false;
    parts!.splice(0, 1, ...halves);
    return true;
  }
}

type Halves<T> = readonly [T, T];

/**
 * Splits the bytes of a window (`ExportMetricsServiceRequest`, `ExportTraceServiceRequest`) in two of about the same size that
 * have the same content when sent one after the other. Null for a window of one data point or span, and for bytes that are no
 * window.
 */
export function splitWindow(
  body: Uint8Array,
  encoding: EncodingName,
  signal: SignalName = 'metrics',
): Halves<Uint8Array> | null {
  if (encoding === 'protobuf') return splitMessage(body, FIELDS[signal]);
  try {
    const halves = splitObject(JSON.parse(new TextDecoder().decode(body)), KEYS[signal]);
    return halves && [bytesOf(halves[0]), bytesOf(halves[1])];
  } catch {
    return null;
  }
}

function splitMessage(
  message: Uint8Array,
  [numbers, ...below]: readonly (readonly number[])[],
): Halves<Uint8Array> | null {
  if (numbers === undefined) return null;
  const { fields, isWhole } = rawFieldsOf(message);
  if (!isWhole) return null;
  const isPart = ({ number, value }: (typeof fields)[number]) =>
    value instanceof Uint8Array && numbers.includes(number);
  const parts = fields.filter(isPart);
  const others = fields.filter((field) => !isPart(field)).map(({ raw }) => raw);
  const [only] = parts;
  if (only === undefined) return null;
  if (parts.length === 1) {
    const halves = splitMessage(only.value as Uint8Array, below);
    if (halves === null) return null;
    const [first, second] = halves.map((half) => Buffer.concat([...others, delimited(only.number, half)]));
    return [first!, second!];
  }
  const at = middleOf(parts.map(({ raw }) => raw.length));
  const [first, second] = [parts.slice(0, at), parts.slice(at)].map((some) =>
    Buffer.concat([...others, ...some.map(({ raw }) => raw)]),
  );
  return [first!, second!];
}

function delimited(number: number, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from([...varintBytes(number * 8 + 2), ...varintBytes(payload.length)]),
    payload,
  ]);
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

function splitObject(
  value: unknown,
  [keys, ...below]: readonly (readonly string[])[],
): Halves<object> | null {
  if (keys === undefined || typeof value !== 'object' || value === null) return null;
  const object = value as Record<string, unknown>;
  const key = keys.find((each) => object[each] !== undefined);
  if (key === undefined) return null;
  const part = object[key];
  const withPart = (half: unknown) => ({ ...object, [key]: half });
  if (!Array.isArray(part)) {
    const halves = splitObject(part, below);
    return halves && [withPart(halves[0]), withPart(halves[1])];
  }
  if (part.length === 1) {
    const halves = splitObject(part[0], below);
    return halves && [withPart([halves[0]]), withPart([halves[1]])];
  }
  if (part.length === 0) return null;
  const at = middleOf(part.map((each) => JSON.stringify(each).length));
  return [withPart(part.slice(0, at)), withPart(part.slice(at))];
}

/** Where to cut a list of at least two, by the sizes of what is in it. */
function middleOf(sizes: readonly number[]): number {
  const half = sizes.reduce((sum, size) => sum + size, 0) / 2;
  let at = 0;
  for (let size = 0; at < sizes.length - 1 && size + sizes[at]! / 2 < half; at++) size += sizes[at]!;
  return Math.max(1, at);
}

function bytesOf(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
