import { utcDate } from '../../format.ts';
import type { SourceText } from '../draw/source-text.ts';
import type { LiveFrame } from '../model/frame.ts';
import { REPLAY_FOOTER, REPLAY_HELP, REPLAY_TAKES } from './keys.ts';
import { PLACES } from './place.ts';

/** State of a replay. */
export type Doing = 'playing' | 'paused' | 'at the end' | 'seeking';

/** Inputs of the status line of a replay. */
export interface ReplayState {
  readonly doing: Doing;
  /** The displayed frame; undefined before the first. */
  readonly frame: LiveFrame | undefined;
  /** Elapsed seconds at the last frame; null if not known yet. */
  readonly lastSeconds: number | null;
  /** Elapsed seconds that a seek has reached. */
  readonly reachedSeconds: number;
  readonly speed: number;
  readonly typed: string | null;
  readonly remark: string | null;
}

const MARKS: Readonly<Record<Doing, string>> = {
  playing: 'PLAYING',
  paused: 'PAUSED',
  'at the end': 'END',
  seeking: 'SEEKING',
};

export function replayText(state: ReplayState): SourceText {
  const { frame, doing, lastSeconds, reachedSeconds, typed, remark } = state;
  const elapsed = doing === 'seeking' ? reachedSeconds : (frame?.run.elapsedSeconds ?? 0);
  const length = lastSeconds === null ? '' : ` of ${elapsedText(lastSeconds)}`;
  return {
    note: frame === undefined ? '' : `${utcDate(new Date(frame.unixMillis).toISOString())} UTC`,
    help: REPLAY_HELP,
    takes: REPLAY_TAKES,
    marks: [`${MARKS[doing]} ${elapsedText(elapsed)}${length}`, speedText(state.speed)],
    footer: [`Space ${doing === 'playing' ? 'Pause' : 'Play'}`, ...REPLAY_FOOTER],
    typed: typed === null ? null : { label: `Go to (${PLACES})`, text: typed },
    remark,
  };
}

function speedText(speed: number): string {
  return speed === Number.POSITIVE_INFINITY ? 'max' : `${speed}×`;
}

/** A span as it can be typed, to a tenth of a second: `7.5s`, `12m30.5s`, `1h02m03.0s`. */
export function elapsedText(seconds: number): string {
  const tenths = Math.max(0, Math.round(seconds * 10));
  const [hours, minutes, rest] = [
    Math.floor(tenths / 36_000),
    Math.floor(tenths / 600) % 60,
    ((tenths % 600) / 10).toFixed(1),
  ];
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, '0')}m${rest.padStart(4, '0')}s`;
  return minutes > 0 ? `${minutes}m${rest.padStart(4, '0')}s` : `${rest}s`;
}
