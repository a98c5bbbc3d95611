/** What a format makes of a text. */
export type Reading<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** Refused: "NAME must be MUST, not TEXT". */
  | { readonly kind: 'must'; readonly must: string }
  /** Refused: "NAME TEXT IS". `at` is the character where that shows. */
  | { readonly kind: 'is'; readonly is: string; readonly at?: number }
  /** Says nothing, as if it were unset; `warning` is to be logged. */
  | { readonly kind: 'unset'; readonly warning?: string };

/** How the text of a value is read, strictly: what is not wholly understood is refused, never guessed. */
export interface Format<T> {
  /** Completes "must be …". */
  readonly accepted: string;
  readonly holds: 'number' | 'string' | 'boolean';
  /** Words that a text may have been meant to be, for "did you mean"; none where a value is no word. */
  readonly words?: readonly string[];
  /** Types of YAML and JSON values that may stand for it in a file. */
  readonly fileTypes: readonly ('number' | 'string' | 'boolean')[];
  /** What a JSON Schema can say of a value in a file beyond its type: the chart's values are checked by it. */
  readonly schema?: Readonly<Record<string, unknown>>;
  read(text: string): Reading<T>;
  /** The shortest text that `read` turns into `value`. */
  write(value: T): string;
}

/** `true` or `false`; also 1 and 0, in any case. */
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

/** A whole number from `min` to `max`, in decimal digits. */
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

/** One of `values`, in any case. `synonyms` maps further names onto them. */
export function choice<const V extends string>(
  values: readonly V[],
  { synonyms = {} }: { readonly synonyms?: Readonly<Record<string, V>> } = {},
): Format<V> {
  const known = new Map<string, V>([
    ...values.map((value) => [value, value] as const),
    ...Object.entries(synonyms),
  ]);
  const accepted = inWords(values);
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

/** A path on this machine. Whether it exists is checked when it is opened. */
export const PATH: Format<string> = {
  accepted: 'a path',
  holds: 'string',
  fileTypes: ['string'],
  read(text) {
    return text === '' || text.includes('\0')
      ? { kind: 'must', must: this.accepted }
      : { kind: 'value', value: text };
  },
  write: String,
};

/** `a, b or c`. */
export function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
