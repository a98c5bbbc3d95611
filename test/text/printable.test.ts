import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeUnseen, escapeUnseenApart, printable, printableJson } from '../../src/text/printable.ts';

/** Any UTF-16 text at all, lone surrogates included, with what is dangerous more often than chance would have it. */
const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom(
        '\x1b[',
        '\x9b',
        '\n',
        '\\',
        '\\n',
        '\u202e',
        '\u2028',
        '\u0301',
        '\ufe0f',
        '\u{e0041}',
        ' ',
      ),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

/** Turns the escapes of `printable` back. */
function readBack(text: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return text.replace(/\\(?:([nrt\\])|x([0-9a-f]{2})|u\{([0-9a-f]+)\})/g, (_, name, byte, code) =>
    name === undefined ? String.fromCodePoint(Number.parseInt(byte ?? code, 16)) : (named[name] ?? ''),
  );
}

const EXAMPLES: readonly (readonly [what: string, text: string, printed: string])[] = [
  ['plain ASCII stays as it is', '(sd-pam) ~!', '(sd-pam) ~!'],
  ['escape sequences show as text', '\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
  ['a C1 control, which starts an escape sequence by itself, is escaped', '\x9b2J', '\\x9b2J'],
  ['line breaks and tabs have names', 'a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['NUL and DEL are escaped', '\0\x7f', '\\x00\\x7f'],
  ['line separators do not break a line', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
  ['a bidi override cannot turn a name around', '\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['a backslash is doubled, so that an escape cannot be forged', 'a\\n', 'a\\\\n'],
  ['a lone surrogate is escaped, a pair is a character', '\ud83d 😀', '\\u{d83d} 😀'],
  ['the replacement character of bytes that were not UTF-8 is shown', 'caf\ufffd', 'caf\ufffd'],
  ['letters of any script stay', 'žluťoučký 漢字 שלום', 'žluťoučký 漢字 שלום'],
  ['a combining mark on a letter stays', 'e\u0301', 'e\u0301'],
  ['a combining mark with nothing to stand on is escaped', '\u0301e \u0301', '\\u{301}e \\u{301}'],
  ['a combining mark behind an escape is escaped too', '\x1b\u0301', '\\x1b\\u{301}'],
  [
    'a stack of marks that would cover other lines is escaped',
    `e${'\u0301'.repeat(5)}`,
    `e${'\u0301'.repeat(4)}\\u{301}`,
  ],
  ['spaces that are not U+0020 are escaped', 'a\u00a0b\u3000', 'a\\xa0b\\u{3000}'],
  [
    'characters that are drawn as nothing are escaped',
    'a\u3164\u034f\ufe0f\u{e0041}',
    'a\\u{3164}\\u{34f}\\u{fe0f}\\u{e0041}',
  ],
];

for (const [what, text, printed] of EXAMPLES) {
  test(`printable: ${what}`, () => assert.equal(printable(text), printed));
}

test('output of printable contains nothing that moves a cursor, breaks a line or is invisible', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.doesNotMatch(printable(text), /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
    }),
  );
});

test('output of printable is reversible', () => {
  fc.assert(fc.property(anyText, (text) => assert.equal(readBack(printable(text)), text)));
});

test('names stay different when they are escaped, and are unchanged if nothing needs that', () => {
  const part = fc.constantFrom('\\', 'n', 'x', '0', '1', '7f', '\n', '\x01', '\x7f', 'u', '{', '}', 'é');
  const name = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
  const known = new Map<string, string>();
  fc.assert(
    fc.property(name, (text) => {
      const shown = escapeUnseenApart(text);
      assert.equal(shown, escapeUnseen(shown));
      assert.equal(known.get(shown) ?? text, text, JSON.stringify(shown));
      known.set(shown, text);
    }),
    { numRuns: 5000 },
  );
  for (const [text, shown] of [
    ['dev-sda1\\x2droot', 'dev-sda1\\x2droot'],
    ['a\\b', 'a\\b'],
    ['a\x01', 'a\\x01'],
    ['a\\x01', 'a\\\\x01'],
    ['\\\n', '\\\\\\n'],
    ['\\u{ffffff}', '\\u{ffffff}'],
  ])
    assert.equal(escapeUnseenApart(text!), shown);
});

test('printable JSON is the same value', () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom(0, 2), (text, indent) => {
      const value = { [text]: [text, { inner: text }], figure: 0.1 };
      assert.deepEqual(JSON.parse(printableJson(value, indent)), value);
    }),
  );
});

test('printable JSON contains nothing that a terminal acts on, and no line break on one line', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.doesNotMatch(printableJson({ text }), /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
    }),
  );
});

test('printable JSON writes an unprintable character beyond the BMP as a pair of escapes', () => {
  assert.equal(printableJson('\u{e0041}\x9b\u2028'), '"\\udb40\\udc41\\u009b\\u2028"');
});

test('printable JSON has null for values that are not numbers', () => {
  assert.equal(printableJson([Number.NaN, Number.POSITIVE_INFINITY, -0]), '[null,null,0]');
});
