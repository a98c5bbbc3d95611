import type { LiveFrame } from '../model/frame.ts';
import type { Input } from '../terminal/keys.ts';

/** A place in a recording: the first frame for which this holds. */
export type Place =
  /** Counted from 0. */
  | { readonly by: 'number'; readonly value: number }
  /** Seconds since the start of the run. */
  | { readonly by: 'elapsed'; readonly value: number }
  /** Milliseconds since 1970. */
  | { readonly by: 'clock'; readonly value: number };

export const START: Place = { by: 'number', value: 0 };
export const END: Place = { by: 'elapsed', value: Number.POSITIVE_INFINITY };

/** Accepted forms of a typed place. */
export const PLACES = '14:03:20 (UTC), 12m30s, +5m, -30s, 50%, start or end';

/** Context for parsing a place. */
export interface Here {
  readonly frame: LiveFrame;
  /** Elapsed seconds at the first and the last frame; null if not known yet. */
  readonly firstSeconds: number;
  readonly lastSeconds: number | null;
}

const DAY_MILLIS = 86_400_000;
const SPAN = /^([+-]?)(?:(\d+(?:\.\d+)?)h)? ?(?:(\d+(?:\.\d+)?)m)? ?(?:(\d+(?:\.\d+)?)s?)?$/;
const TIME = /^(?:(\d{4}-\d\d-\d\d)[T ])?(\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))?Z?$/;

/** The value of a frame on the scale of a place; `number` is the number of the frame. */
export function standing(frame: LiveFrame, number: number, { by }: Place): number {
  if (by === 'number') return number;
  return by === 'elapsed' ? frame.run.elapsedSeconds : frame.unixMillis;
}

/** Parses a typed place; null if invalid. */
export function readPlace(typed: string, here: Here): Place | null {
  const text = typed.trim();
  if (text === 'start') return START;
  if (text === 'end') return END;
  return readShare(text, here) ?? readTime(text, here) ?? readSpan(text, here);
}

function readShare(text: string, { firstSeconds, lastSeconds }: Here): Place | null {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent === undefined || lastSeconds === null) return null;
  const share = Math.min(1, Number(percent) / 100);
  return { by: 'elapsed', value: firstSeconds + share * (lastSeconds - firstSeconds) };
}

function readSpan(text: string, { frame }: Here): Place | null {
  const match = SPAN.exec(text);
  if (match === null || !/\d/.test(text)) return null;
  const [, sign, ...parts] = match;
  const [hours = 0, minutes = 0, rest = 0] = parts.map((part) => Number(part ?? 0));
  const value = 3600 * hours + 60 * minutes + rest;
  if (sign === '') return { by: 'elapsed', value };
  return { by: 'elapsed', value: frame.run.elapsedSeconds + (sign === '-' ? -value : value) };
}

/** A time of day without a date means the nearest one. */
function readTime(text: string, { frame }: Here): Place | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, date, hour, minute, second = '0'] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) >= 60) return null;
  const ofDay = 1000 * (3600 * Number(hour) + 60 * Number(minute) + Number(second));
  if (date !== undefined) {
    const day = Date.parse(`${date}T00:00:00Z`);
    return Number.isNaN(day) ? null : { by: 'clock', value: day + ofDay };
  }
  const { unixMillis } = frame;
  const today = unixMillis - (unixMillis % DAY_MILLIS) + ofDay;
  const days = Math.round((unixMillis - today) / DAY_MILLIS);
  return { by: 'clock', value: today + days * DAY_MILLIS };
}

const MOST_CHARACTERS = 40;

/** The input line for a place. */
export class TypedPlace {
  /** The text so far; null without input. */
  text: string | null = null;

  open(): void {
    this.text = '';
  }

  /** The complete text; null until then, or if the input was cancelled. */
  take(input: Input): string | null | 'not taken' {
    const text = this.text ?? '';
    switch (input.kind) {
      case 'text':
      case 'paste':
        this.text = (text + input.text.replaceAll(/\p{Cc}/gu, '')).slice(0, MOST_CHARACTERS);
        return null;
      case 'control':
        if (input.letter !== 'u') return 'not taken';
        this.text = '';
        return null;
      case 'key':
        if (input.key === 'backspace') this.text = [...text].slice(0, -1).join('');
        else if (input.key === 'escape' || input.key === 'enter') this.text = null;
        return input.key === 'enter' && text.trim() !== '' ? text : null;
      default:
        return null;
    }
  }
}
