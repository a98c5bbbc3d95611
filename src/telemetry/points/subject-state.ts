import type { Attributes, HrTime } from '@opentelemetry/api';
import { hrTimeOf } from '../hr-time.ts';

/** What is kept of one subject as long as it lives: made once, so that a point costs no more than its value. */
export interface SubjectState {
  readonly label: string;
  /** Of the subject itself, by which two subjects have the same series. */
  readonly identity: Attributes;
  /** By set of attributes that series have of their own. */
  readonly attributes: readonly Attributes[];
  /** As the window says it; NaN before the first. */
  sinceUnixMillis: number;
  startUnixMillis: number;
  startTime: HrTime;
  /** Number of the last window that it was in; 0 before the first. */
  window: number;
  /** By series: 1 where it had a point in that window. */
  readonly had: Uint8Array;
  /** By counter: 1 where the series has begun. */
  readonly begun: Uint8Array;
  /** By counter: what was read when the series began, and what was read last. */
  readonly base: Float64Array;
  readonly last: Float64Array;
  /** By counter: the end of the window in which it was exported last. Empty where nothing is exported as deltas. */
  readonly lastEndUnixMillis: Float64Array;
}

/** How many series the subjects of a level have. */
export interface LevelSize {
  readonly series: number;
  readonly counters: number;
  /** Counters are exported as what they grew by. */
  readonly deltas: boolean;
}

/**
 * State of a subject of which no window has anything. One that was known by another name goes on from what was exported
 * of it: its series of the new name count from `startTime`.
 */
export function openState(
  label: string,
  identity: Attributes,
  own: readonly Attributes[],
  { series, counters, deltas }: LevelSize,
  before: SubjectState | undefined,
): SubjectState {
  return {
    label,
    identity,
    attributes: own.map((more) => ({ ...identity, ...more })),
    sinceUnixMillis: before?.sinceUnixMillis ?? Number.NaN,
    startUnixMillis: Number.NaN,
    startTime: [0, 0],
    window: 0,
    had: new Uint8Array(series),
    begun: new Uint8Array(counters),
    base: before?.last.slice() ?? new Float64Array(counters),
    last: before?.last.slice() ?? new Float64Array(counters),
    lastEndUnixMillis:
      before?.lastEndUnixMillis.slice() ?? new Float64Array(deltas ? counters : 0).fill(Number.NaN),
  };
}

/** The subject was gone and is back: its counters restart at 0. */
export function beginAnew(state: SubjectState): void {
  state.base.set(state.last);
  state.begun.fill(0);
  state.had.fill(0);
}

export function startAt(state: SubjectState, unixMillis: number): void {
  state.startUnixMillis = unixMillis;
  state.startTime = hrTimeOf(unixMillis);
}
