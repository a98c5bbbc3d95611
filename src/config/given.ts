import { ConfigError, shown } from './config-error.ts';
import type { Format, Reading } from './format.ts';
import { flagOf, type ValueOption } from './option.ts';
import { suggestion } from './suggestion.ts';

/** Length in characters above which a list of accepted values counts as long. */
const LONG = 100;

/** One value of an option from one source, not parsed yet. */
export interface Given {
  readonly option: ValueOption;
  /** Name in messages: `--interval`, `UNITLEDGER_INTERVAL`, `interval in conf.yaml`. */
  readonly named: string;
  readonly text: string;
  /** The option's own format, or that of the standard variable that it came from. */
  readonly format: Format<unknown>;
  /** Position on the command line; -1 for other sources. */
  readonly position: number;
}

/** A parsed value. */
export interface ReadValue {
  readonly given: Given;
  readonly value: unknown;
}

/** All values of one option from one source; at least one. */
export type ReadValues = readonly [ReadValue, ...ReadValue[]];

/** Parses `given`; undefined if it counts as unset. Throws ConfigError. */
export function readGiven(given: Given, warnings: string[]): ReadValue | undefined {
  const reading = given.format.read(given.text);
  if (reading.kind === 'value') return { given, value: reading.value };
  if (reading.kind === 'unset') {
    if (reading.warning !== undefined)
      warnings.push(`${given.named} "${shown(given.text)}" ${reading.warning}`);
    return undefined;
  }
  throw refusal(given, reading);
}

/** What a list that may be `none` has to be. */
export const NONE_ALONE = 'none alone or a list without it';

/** Whether a list has `none` and other values, so that it has no meaning. */
export function mixesNone(values: readonly unknown[]): boolean {
  return values.includes('none') && values.some((value) => value !== 'none');
}

/**
 * The warning for a rejected value of a standard variable. Other programs share these variables and accept other
 * values, so the variable is ignored (OpenTelemetry environment variable specification).
 */
export function ignored(
  variable: string,
  text: string,
  reading: Extract<Reading<unknown>, { kind: 'must' | 'is' }>,
): string {
  const why = reading.kind === 'must' ? `must be ${reading.must}` : reading.is;
  return `ignoring ${variable}="${shown(text)}": ${why}`;
}

/** The error for a rejected value. */
function refusal(
  { named, option, text, format }: Given,
  reading: Extract<Reading<unknown>, { kind: 'must' | 'is' }>,
): ConfigError {
  const about = { option: flagOf(option), value: text };
  if (reading.kind === 'is') {
    const { is, at } = reading;
    return new ConfigError(`${named} "${shown(text)}" ${is}`, { ...about, accepted: format.accepted, at });
  }
  return new ConfigError(`${named} ${whyNot(text, reading.must, format.words)}`, {
    ...about,
    accepted: reading.must,
  });
}

/** The value comes first if it would be hard to find after a long list of `words`. */
function whyNot(text: string, must: string, words: readonly string[] | undefined): string {
  const near = suggestion(text.toLowerCase(), words ?? []);
  const value = shown(text);
  if (near !== undefined) return `"${value}": did you mean ${near}? It must be ${must}`;
  return words !== undefined && must.length > LONG
    ? `"${value}" is not accepted: it must be ${must}`
    : `must be ${must}, not "${value}"`;
}
