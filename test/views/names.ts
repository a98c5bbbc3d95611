import fc from 'fast-check';
import { HOSTILE_NAMES } from './documents.ts';

/** Any text that a process might use as its name, lone surrogates included, with a bias to harmful characters. */
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

/** Controls, format characters, lone surrogates and line separators; only `\n` may separate lines. */
export const UNSAFE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;
