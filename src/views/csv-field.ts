import { escapeOf, printable } from '../text/printable.ts';

/** The value of a CSV field; null: unknown, or without a meaning for the row. */
export type CsvValue = string | number | null;

/**
 * A field by RFC 4180; empty for null and numbers that are not finite. Text is printable. A spreadsheet runs a field that
 * starts with `=`, `+`, `-` or `@` as a formula, so such a first character (also one after a `;`, which is the separator in some
 * countries) is written as an escape, `\x3d` for `=`: the same escapes as everywhere, which can be reversed.
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

/** The start of a formula, also in full-width forms, after characters that a spreadsheet may strip. */
const FORMULA_START = /((?:^|;)[\s"']*)([=+\-@＝＋－＠])/g;
