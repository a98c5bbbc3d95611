/**
 * Text from processes is hostile: names and command lines hold escape sequences, newlines, bidi marks and bytes
 * that were not UTF-8. Everything that a person or a terminal reads goes through here.
 */

/**
 * Control, format, private-use, surrogate and unassigned characters, line and paragraph separators, spaces that
 * only look like U+0020, and characters that are drawn as nothing (U+3164, variation selectors, tags).
 */
const UNSEEN = String.raw`\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}[\p{Zs}--\x20]`;

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;
const UNPRINTABLE = new RegExp(String.raw`[${UNSEEN}\\]`, 'v');
const COMBINING = /\p{M}/v;
/** What the scripts of the world need at most; a longer stack would be drawn over the lines above and below. */
const MOST_MARKS = 4;
const UNPRINTABLE_BUT_BACKSLASHES = new RegExp(`[${UNSEEN}]`, 'gv');
/** In JSON text the line breaks of the indentation stay, and a backslash is already one of JSON's own. */
const UNPRINTABLE_IN_JSON = new RegExp(String.raw`[[${UNSEEN}]--\n]`, 'gv');

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/**
 * `text` with every unprintable character, and the backslash itself, written as an escape (`\n`, `\x1b`,
 * `\u{202e}`), so that what is printed is one line, moves no cursor, and can be read back. A combining mark with
 * nothing before it to stand on is escaped too, as it would change what is printed in front of `text`, and so is
 * one on top of four others.
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
 * `text` with what is not printable escaped as `printable` does, and backslashes as they stand: for formats that have
 * their own way with those, and names that are full of them (`dev-sda1\x2droot.device`).
 */
export function escapeUnseen(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNPRINTABLE_BUT_BACKSLASHES, escapeOf);
}

/** The escape that `printable` writes for one character: `\n`, `\x1b`, `\u{202e}`. */
export function escapeOf(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) as number;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * `value` as JSON text that is safe to show on a terminal: JSON itself lets DEL, the C1 controls (U+009B starts an
 * escape sequence), bidi overrides and U+2028 through; here they stand as `\uXXXX`, so that the value is the same.
 * What is no number (NaN, infinities) becomes `null`. `indent` is the number of spaces, 0 for one line.
 */
export function printableJson(value: unknown, indent = 0): string {
  return escapeUnseenInJson(JSON.stringify(value, null, indent));
}

/** `json`, a text in JSON, with what is not printable as `\uXXXX`: the same value. Line feeds between its parts stay. */
export function escapeUnseenInJson(json: string): string {
  return json.replace(UNPRINTABLE_IN_JSON, (character) => {
    let escaped = '';
    for (let at = 0; at < character.length; at++) {
      escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}
