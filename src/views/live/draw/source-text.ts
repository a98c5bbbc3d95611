/** Status and keys of the source of the frames. Printable, except `typed`. */
export interface SourceText {
  /** At the top instead of the sampling interval: the time in the recording. May be empty. */
  readonly note: string;
  /** Keys and their actions; replaces the view's own help for the same keys. */
  readonly help: readonly (readonly [keys: string, does: string])[];
  /** Keys of the view that have another meaning now: `Space`. */
  readonly takes: readonly string[];
  /** For the last line: the position in a recording. */
  readonly marks: readonly string[];
  /** For the last line: `Space Play`. */
  readonly footer: readonly string[];
  /** The text being typed in the last line, and its label; null without input. */
  readonly typed: { readonly label: string; readonly text: string } | null;
  /** A message about the last key, shown instead of the keys in the last line. */
  readonly remark: string | null;
}

/** For a source without status and keys. */
export const NO_TEXT: SourceText = {
  note: '',
  help: [],
  takes: [],
  marks: [],
  footer: [],
  typed: null,
  remark: null,
};
