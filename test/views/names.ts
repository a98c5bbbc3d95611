import fc from 'fast-check';
import { HOSTILE_NAMES } from './documents.ts';

/** Any text that a process might call itself, lone surrogates included, leaning towards what does harm. */
export const anyName: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom(...HOSTILE_NAMES, '`', '|', '\\', '\\|', ';', '"', ',', "'", '=', '\t=', '\r\n', '＝'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

/** Controls, format characters, lone surrogates and line separators; `\n` alone may part lines. */
export const UNSAFE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;
