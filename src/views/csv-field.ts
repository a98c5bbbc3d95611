import { escapeOf, printable } from '../text/printable.ts';

/** What a field of CSV holds; null: unknown, or without a meaning for the row. */
export type CsvValue = string | number | null;

/**
 * A field by RFC 4180; an empty one for null and for what is no finite number. Text is printable. A spreadsheet runs a field that
 * starts with `=`, `+`, `-` or `@` as a formula, so such a first character (also one after a `;`, which is the separator in some
 * countries) is written as an escape, `\x3d` for `=`: the same escapes as everywhere, so that the text can be read back.
 */
export function csvField(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = printable(value).replace(
    FORMULA_START,
    (_, before: string, sign: string) => before + escapeOf(sign),
  );
  return /^ | $|[",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What makes a formula of a field, the full-width forms too, behind whatever a spreadsheet may strip before it. */
const FORMULA_START = /((?:^|;)[\s"']*)([=+\-@＝＋－＠])/g;
