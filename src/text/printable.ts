/**
 * Text from processes is hostile: names and command lines may contain escape sequences, newlines, bidi marks and
 * invalid UTF-8. All output for people or terminals passes through this file.
 */

/**
 * Control, format, private-use, surrogate and unassigned characters, line and paragraph separators, spaces that look
 * like U+0020, and invisible characters (U+3164, variation selectors, tags).
 */
const UNSEEN = String.raw`\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}[\p{Zs}--\x20]`;

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;
const UNPRINTABLE = new RegExp(String.raw`[${UNSEEN}\\]`, 'v');
const COMBINING = /\p{M}/v;
/** Sufficient for all scripts; higher stacks would be drawn over adjacent lines. */
const MOST_MARKS = 4;
const UNPRINTABLE_BUT_BACKSLASHES = new RegExp(`[${UNSEEN}]`, 'gv');
const UNSEEN_CHARACTER = new RegExp(`[${UNSEEN}]`, 'v');
/** In JSON text the line breaks of the indentation are kept, and a backslash is already part of an escape. */
const UNPRINTABLE_IN_JSON = new RegExp(String.raw`[[${UNSEEN}]--\n]`, 'gv');

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/**
 * Escapes every unprintable character and the backslash in `text` (`\n`, `\x1b`, `\u{202e}`), so that the output is one
 * line, moves no cursor, and is reversible. Also escaped: a combining mark without a base character, which would change
 * the text before it, and marks beyond four on one character.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  let printed = '';
  let marksToCome = 0;
  for (const character of text) {
    const isMark = COMBINING.test(character);
    if (UNPRINTABLE.test(character) || (isMark && marksToCome === 0)) {
      printed += escapeOf(character);
      marksToCome = 0;
    } else {
      printed += character;
      if (isMark) marksToCome--;
      else marksToCome = character === ' ' ? 0 : MOST_MARKS;
    }
  }
  return printed;
}

/**
 * Escapes unprintable characters like `printable`, but not backslashes: for formats with their own escaping, and for
 * names that contain many (`dev-sda1\x2droot.device`).
 */
export function escapeUnseen(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNPRINTABLE_BUT_BACKSLASHES, escapeOf);
}

/** An escape of one character. */
const ESCAPE = /\\(?:([nrt])|x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\})/g;

/**
 * Like `escapeUnseen`, but different texts have different results: a text that has such an escape itself, or that is
 * escaped, has its backslashes doubled.
 */
export function escapeUnseenApart(text: string): string {
  if (PLAIN.test(text)) return text;
  const escaped = escapeUnseen(text);
  return escaped === text && !hasEscape(text) ? text : escapeUnseen(text.replaceAll('\\', '\\\\'));
}

function hasEscape(text: string): boolean {
  return [...text.matchAll(ESCAPE)].some(([, named, byte, code]) => {
    if (named !== undefined) return true;
    const point = Number.parseInt(byte ?? code!, 16);
    return point <= 0x10ffff && UNSEEN_CHARACTER.test(String.fromCodePoint(point));
  });
}

/** The escape of `printable` for one character: `\n`, `\x1b`, `\u{202e}`. */
export function escapeOf(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) as number;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * `value` as JSON text that is safe to show on a terminal: JSON allows DEL, the C1 controls (U+009B starts an escape
 * sequence), bidi overrides and U+2028; here they are `\uXXXX`, so the value is unchanged. NaN and infinities become
 * `null`. `indent`: number of spaces, 0 for one line.
 */
export function printableJson(value: unknown, indent = 0): string {
  return escapeUnseenInJson(JSON.stringify(value, null, indent));
}

/**
 * Replaces unprintable characters in JSON text by `\uXXXX`: the value is unchanged. Line feeds between tokens are kept.
 */
export function escapeUnseenInJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, (character) => {
    let escaped = '';
    for (let at = 0; at < character.length; at++) {
      escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}
