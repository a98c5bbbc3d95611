/** Result of reading a text. */
export type Reading<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** Rejected: "NAME must be MUST, not TEXT". */
  | { readonly kind: 'must'; readonly must: string }
  /** Rejected: "NAME TEXT IS". `at`: index of the offending character. */
  | { readonly kind: 'is'; readonly is: string; readonly at?: number }
  /** Treated as unset; `warning` is logged. */
  | { readonly kind: 'unset'; readonly warning?: string };

/** Strict parser of a value: text that is not fully understood is rejected, never guessed. */
export interface Format<T> {
  /** Completes "must be …". */
  readonly accepted: string;
  readonly holds: 'number' | 'string' | 'boolean';
  /** Candidates for "did you mean"; undefined if values are not words. */
  readonly words?: readonly string[];
  /** YAML and JSON types that are accepted in a file. */
  readonly fileTypes: readonly ('number' | 'string' | 'boolean')[];
  /** JSON Schema keywords for a value in a file, in addition to its type; used to check the chart's values. */
  readonly schema?: Readonly<Record<string, unknown>>;
  read(text: string): Reading<T>;
  /** The shortest text that `read` parses to `value`. */
  write(value: T): string;
}

/** `true` or `false`; also 1 and 0; case-insensitive. */
export const SWITCH: Format<boolean> = {
  accepted: 'true or false',
  holds: 'boolean',
  fileTypes: ['boolean'],
  read(text) {
    const lower = text.toLowerCase();
    if (lower === 'true' || lower === '1') return { kind: 'value', value: true };
    if (lower === 'false' || lower === '0') return { kind: 'value', value: false };
    return { kind: 'must', must: this.accepted };
  },
  write: String,
};

/** An integer from `min` to `max`, in decimal digits. */
export function wholeNumber(min: number, max: number): Format<number> {
  const accepted = `a whole number from ${min} to ${max}`;
  return {
    accepted,
    holds: 'number',
    fileTypes: ['number'],
    schema: { type: 'integer', minimum: min, maximum: max },
    read(text) {
      const value = /^(?:0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? { kind: 'value', value } : { kind: 'must', must: accepted };
    },
    write: String,
  };
}

/** One of `values`, case-insensitive. `synonyms` maps further names to them. */
export function choice<const V extends string>(
  values: readonly V[],
  {
    synonyms = {},
    accepted = inWords(values),
  }: { readonly synonyms?: Readonly<Record<string, V>>; readonly accepted?: string } = {},
): Format<V> {
  const known = new Map<string, V>([
    ...values.map((value) => [value, value] as const),
    ...Object.entries(synonyms),
  ]);
  return {
    accepted,
    holds: 'string',
    words: values,
    fileTypes: ['string'],
    schema: { enum: values },
    read(text) {
      const value = known.get(text.toLowerCase());
      return value === undefined ? { kind: 'must', must: accepted } : { kind: 'value', value };
    },
    write: String,
  };
}

/** A text. `settle` returns the value of an accepted one, otherwise null. */
export function textFormat(accepted: string, settle: (text: string) => string | null): Format<string> {
  return {
    accepted,
    holds: 'string',
    fileTypes: ['string'],
    read(given) {
      const value = settle(given);
      return value === null ? { kind: 'must', must: accepted } : { kind: 'value', value };
    },
    write: String,
  };
}

/** A number, as a number or a text in files. `settle` returns NaN for a text that is not accepted. */
export function numberFormat(accepted: string, settle: (text: string) => number): Format<number> {
  return {
    accepted,
    holds: 'number',
    fileTypes: ['number', 'string'],
    read(given) {
      const value = settle(given);
      return Number.isNaN(value) ? { kind: 'must', must: accepted } : { kind: 'value', value };
    },
    write: String,
  };
}

/** The number, or NaN outside of the range, for `numberFormat`. */
export function inRange(value: number, least: number, most: number): number {
  return value >= least && value <= most ? value : Number.NaN;
}

/** A path on this machine. Its existence is checked when it is opened. */
export const PATH: Format<string> = textFormat('a path', (path) =>
  path === '' || path.includes('\0') ? null : path,
);

/** `a, b or c`. */
export function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
