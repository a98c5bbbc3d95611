import {
  isColonName,
  isHarmlessValue,
  isSecretHeader,
  isSecretName,
  isSecretParameter,
  LONGEST_NAME,
} from './secret-names.ts';

const NAME_CHARACTER = /[A-Za-z0-9_.$-]/;
const QUOTES = `"'`;

/** Maximum number of spaces on either side of a sign. */
const MOST_SPACES = 4;
/** Minimum length of an API key. */
const LEAST_KEY = 16;
/** A field name after a comma, which ends the previous value. */
const NEXT_FIELD = /[,;]\s{0,4}["']?[A-Za-z_][\w.-]{0,40}["']?\s?[=:]/y;

/** A name and its sign. */
interface Field {
  readonly name: string;
  /** The character before the name and its quotes; empty at the start of the text. */
  readonly before: string;
  readonly isQuoted: boolean;
  readonly sign: string;
  /** Start index of the value. */
  readonly at: number;
  readonly hasSpace: boolean;
}

/**
 * Calls `mask` with the range of each value in `text` that follows a secret name: `name=…`, `name: …`, `"name": "…"`,
 * `name => …`, `<name>…<`, `?name=…&`, headers. At each sign a bounded number of characters is read, and values are
 * skipped once: the time is linear.
 */
export function findSecretFields(
  text: string,
  isScript: boolean,
  mask: (from: number, to: number) => void,
): void {
  const signs = /[=:>]/g;
  for (let found = signs.exec(text); found !== null; found = signs.exec(text)) {
    const field = fieldAt(text, found.index);
    // Only values of secret names are skipped, and not searched any further.
    if (field === null || !isSecretField(field, text[field.at] ?? '')) continue;
    const { from, to } = placeOfValue(text, field);
    const value = text.slice(from, to);
    if (isShortKey(field, value)) continue;
    if (!isHarmlessValue(field.name, value, isScript)) mask(from, to);
    signs.lastIndex = Math.max(to, found.index + 1);
  }
}

/** Whether the name marks its value as a secret; `first`: the value's first character. */
function isSecretField({ name, before, isQuoted, sign, hasSpace }: Field, first: string): boolean {
  if (sign === '>') return before === '<' && isSecretName(name);
  if (sign === ':' && !hasSpace && !isQuoted)
    return isSecretHeader(name) || (isColonName(name) && first !== '/');
  if (before === '?' || before === '&' || before === '#') return isSecretParameter(name);
  return isSecretName(name) || (sign === ':' && isSecretHeader(name));
}

/** `?key=name`: a `key` in a query that is not an API key. */
function isShortKey({ name }: Field, value: string): boolean {
  return /^key$/i.test(name) && value.length < LEAST_KEY;
}

/** The field whose sign is at `at`; null if there is none. */
function fieldAt(text: string, at: number): Field | null {
  const character = text[at]!;
  let signEnd = at + 1;
  if (character === ':' && text.startsWith('//', at + 1)) return null;
  if (character === '>' && (text[at - 1] === '=' || text[at - 1] === '-')) return null;
  while (
    signEnd < at + 3 &&
    (text[signEnd] === '=' || text[signEnd] === '>' || (character === ':' && text[signEnd] === ':'))
  )
    signEnd++;

  let end = at;
  for (let spaces = 0; character !== '>' && spaces < MOST_SPACES && text[end - 1] === ' '; spaces++) end--;
  const quote = QUOTES.includes(text[end - 1] ?? 'x') ? text[end - 1]! : '';
  const hasEscape = quote !== '' && text[end - 2] === '\\';
  if (quote !== '') end -= hasEscape ? 2 : 1;
  if (text[end - 1] === ']') end--;
  let start = end;
  while (start > 0 && end - start < LONGEST_NAME && NAME_CHARACTER.test(text[start - 1]!)) start--;
  if (start === end) return null;
  const before = quote === '' ? (text[start - 1] ?? '') : (text[start - (hasEscape ? 3 : 2)] ?? '');

  let value = signEnd;
  const mayHaveSpace = character === ':' || signEnd > at + 1 || end < at;
  while (mayHaveSpace && value < signEnd + MOST_SPACES && text[value] === ' ') value++;
  return {
    name: text.slice(start, end),
    before,
    isQuoted: quote !== '',
    sign: character,
    at: value,
    hasSpace: value > signEnd,
  };
}

/** Range of a value: up to its closing quote, or to where the text around its name continues. */
function placeOfValue(
  text: string,
  { name, before, at, sign, isQuoted }: Field,
): { readonly from: number; readonly to: number } {
  const hasEscape = text[at] === '\\' && QUOTES.includes(text[at + 1] ?? 'x');
  const quote = text[hasEscape ? at + 1 : at] ?? '';
  if (quote !== '' && QUOTES.includes(quote)) {
    const from = at + (hasEscape ? 2 : 1);
    return { from, to: closingQuote(text, from, hasEscape ? `\\${quote}` : quote) };
  }
  let ends = `\\s"'\``;
  if (sign === '>') ends = '<';
  else if (sign === ':' && isSecretHeader(name)) {
    const from = afterScheme(text, at);
    return { from, to: endAt(text, from, `\\r\\n"'`, false) };
  } else if ('?&#'.includes(before) && before !== '') ends += '&#<>';
  else if (isQuoted || before === '{' || before === '[') ends += ',}\\]';
  else ends += `;|<>${before === '(' ? ')' : ''}`;
  return { from: at, to: endAt(text, at, ends, true) };
}

/** Skips `Bearer ` and other schemes, which are not secret. */
function afterScheme(text: string, at: number): number {
  const scheme = /(?:basic|bearer|digest|negotiate|token|apikey|aws4-hmac-sha256)[ \t]{1,4}/iy;
  scheme.lastIndex = at;
  return scheme.test(text) ? scheme.lastIndex : at;
}

function endAt(text: string, from: number, ends: string, stopsAtField: boolean): number {
  const stop = new RegExp(stopsAtField ? `[${ends},&]` : `[${ends}]`, 'g');
  const isHard = new RegExp(`[${ends}]`);
  stop.lastIndex = from;
  for (let found = stop.exec(text); found !== null; found = stop.exec(text)) {
    if (isHard.test(found[0])) return found.index;
    NEXT_FIELD.lastIndex = found.index;
    if (found[0] === ',' && NEXT_FIELD.test(text)) return found.index;
  }
  return text.length;
}

function closingQuote(text: string, from: number, quote: string): number {
  let end = text.indexOf(quote, from);
  // An escaped quote is part of the value.
  while (quote.length === 1 && end > from && text[end - 1] === '\\') end = text.indexOf(quote, end + 1);
  return end === -1 ? text.length : end;
}
