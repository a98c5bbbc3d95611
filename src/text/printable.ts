/**
 * Text from processes is hostile: names and command lines hold escape sequences, newlines, bidi marks and bytes
 * that were not UTF-8. Everything that a person or a terminal reads goes through here.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\\]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/**
 * `text` with every control, format, private-use and unassigned character, and the backslash itself, written as an
 * escape (`\n`, `\x1b`, `\u{202e}`), so that what is printed is one line, moves no cursor, and can be read back.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const named = NAMED[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) as number;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
