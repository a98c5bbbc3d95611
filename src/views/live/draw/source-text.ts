/** What the source of the frames says of itself, and of the keys that it takes. Printable, but for `typed`. */
export interface SourceText {
  /** At the top, in the place of how often it samples: what time it was. Empty: nothing. */
  readonly note: string;
  /** Keys, and what they do; replaces the view's own help for the same keys. */
  readonly help: readonly (readonly [keys: string, does: string])[];
  /** Keys of the view's that mean something else now: `Space`. */
  readonly takes: readonly string[];
  /** For the last line: where in a recording it is. */
  readonly marks: readonly string[];
  /** For the last line: `Space Play`. */
  readonly footer: readonly string[];
  /** What is being typed in the last line, and what for; null where nothing is. */
  readonly typed: { readonly label: string; readonly text: string } | null;
  /** In the place of the keys in the last line: what became of the last one. */
  readonly remark: string | null;
}

/** Of a source that has nothing to say. */
export const NO_TEXT: SourceText = {
  note: '',
  help: [],
  takes: [],
  marks: [],
  footer: [],
  typed: null,
  remark: null,
};
