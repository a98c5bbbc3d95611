import type { Format } from './format.ts';

const SECONDS_OF: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
const DURATION = /^(-?)([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(ms|s|m|h)?$/;

/** Timers count milliseconds in 31 bits; longer ones would fire immediately. */
export const LONGEST_SECONDS = 596 * 3600;
const SHORTEST_SECONDS = 0.001;

const WRITTEN = 'a number of seconds, or with a unit: 500ms, 2s, 1m, 1h';
const TOO_LONG = { kind: 'must', must: 'at most 596h' } as const;

/** Seconds > 0, from 1 ms to 596 h. A bare number is seconds. */
export const POSITIVE_DURATION: Format<number> = duration(`> 0 (${WRITTEN})`, false);

/** Seconds >= 0; 0: none. */
export const DURATION_OR_ZERO: Format<number> = duration(`>= 0 (${WRITTEN})`, true);

function duration(accepted: string, zero: boolean): Format<number> {
  return {
    accepted,
    holds: 'number',
    fileTypes: ['number', 'string'],
    schema: { pattern: '^([0-9]+(\\.[0-9]+)?|\\.[0-9]+)(ms|s|m|h)?$', minimum: zero ? 0 : SHORTEST_SECONDS },
    read(text) {
      const match = DURATION.exec(text);
      if (match === null) return { kind: 'must', must: `a duration ${accepted}` };
      const [, sign, digits, unit] = match;
      const seconds = inSeconds(digits as string, unit ?? 's');
      if (sign === '-' || (seconds === 0 && !zero)) return { kind: 'must', must: accepted };
      if (seconds > LONGEST_SECONDS) return TOO_LONG;
      if (seconds !== 0 && seconds < SHORTEST_SECONDS) return { kind: 'must', must: 'at least 1ms' };
      return { kind: 'value', value: seconds };
    },
    write: (seconds) => (seconds === 0 ? '0' : `${seconds}s`),
  };
}

/** Division gives 0.1 for 100 ms; multiplication by 0.001 would give 0.1000…1. */
function inSeconds(digits: string, unit: string): number {
  return unit === 'ms' ? Number(digits) / 1000 : Number(digits) * SECONDS_OF[unit]!;
}

/** Integer milliseconds > 0, the format of the standard `OTEL_*` variables, converted to seconds. */
export const MILLISECONDS: Format<number> = {
  accepted: 'a whole number of milliseconds > 0',
  holds: 'number',
  fileTypes: ['number'],
  read(text) {
    if (!/^[0-9]+$/.test(text) || /^0+$/.test(text)) return { kind: 'must', must: this.accepted };
    const seconds = Number(text) / 1000;
    return seconds > LONGEST_SECONDS ? TOO_LONG : { kind: 'value', value: seconds };
  },
  write: (seconds) => String(seconds * 1000),
};
