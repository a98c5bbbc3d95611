import type { Input } from '../terminal/keys.ts';

/** The request of a key to a replay. */
export type Wish =
  | { readonly kind: 'play or pause' | 'start' | 'end' | 'ask' | 'faster' | 'slower' | 'as it was' }
  /** Number of frames. */
  | { readonly kind: 'step'; readonly by: 1 | -1 }
  | { readonly kind: 'seek'; readonly bySeconds: number };

const WISHES: Readonly<Record<string, Wish>> = {
  ' ': { kind: 'play or pause' },
  p: { kind: 'play or pause' },
  '.': { kind: 'step', by: 1 },
  ',': { kind: 'step', by: -1 },
  f: { kind: 'seek', bySeconds: 10 },
  b: { kind: 'seek', bySeconds: -10 },
  F: { kind: 'seek', bySeconds: 60 },
  B: { kind: 'seek', bySeconds: -60 },
  '0': { kind: 'start' },
  G: { kind: 'end' },
  g: { kind: 'ask' },
  '+': { kind: 'faster' },
  // The same key without Shift, on many keyboards.
  '=': { kind: 'faster' },
  '-': { kind: 'slower' },
  '1': { kind: 'as it was' },
};

/** For the list of keys. */
export const REPLAY_HELP = [
  ['Space  p', 'play, or pause'],
  [', .', 'pause, and step back or forward by one sample'],
  ['b f', 'back or forward by 10 s'],
  ['B F', 'back or forward by a minute'],
  ['0 G', 'to the start; to the end'],
  ['g', 'to a time that you type: 14:03:20 (UTC), 12m30s, +5m, 50%'],
  ['- +', 'slower or faster, from half speed to as fast as possible'],
  ['1', 'normal speed'],
  ['q  Ctrl+C', 'leave the recording'],
] as const;

/** Keys with another meaning than in a run. */
export const REPLAY_TAKES = ['p', 'Space'] as const;

/** Most needed first. */
export const REPLAY_FOOTER = [', . Step', 'b f ±10s', 'B F ±1m', 'g Go to', '- + Speed'] as const;

/** Undefined if it is no key of a replay. */
export function wishOf(input: Input): Wish | undefined {
  return input.kind === 'text' && Object.hasOwn(WISHES, input.text) ? WISHES[input.text] : undefined;
}
