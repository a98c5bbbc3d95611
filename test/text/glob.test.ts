import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isGlob, parseGlob } from '../../src/text/glob.ts';

function matching(pattern: string, ...names: string[]): string[] {
  const glob = parseGlob(pattern) ?? assert.fail(`${pattern} is not understood`);
  return names.filter((name) => glob.matches(name));
}

for (const [pattern, yes, no] of [
  ['*', ['', 'a', '.a', 'a/b'], []],
  ['*.service', ['.service', 'a.service', 'a.b.service'], ['a.service.', 'a.Service', 'aservice']],
  ['postgresql@*', ['postgresql@', 'postgresql@15-main.service'], ['postgresql.service', 'apostgresql@1']],
  ['a?c', ['abc', 'a?c', 'a.c'], ['ac', 'abbc']],
  ['user-[0-9]*.slice', ['user-1.slice', 'user-1000.slice'], ['user-.slice', 'user-a1.slice']],
  ['[!a-c]x', ['dx', '!x', '-x'], ['ax', 'cx', 'x']],
  ['[]]', [']'], ['[', '']],
  ['[!]a]', ['b', '!'], [']', 'a', '']],
  ['[a-]', ['a', '-'], ['b']],
  ['[-a]', ['a', '-'], ['b']],
  ['[a!]', ['a', '!'], ['b']],
  ['[a[]x', ['ax', '[x'], ['bx']],
  ['[[:digit:]_]-[[:upper:]]', ['1-A', '_-Z'], ['a-A', '1-a', ':-A']],
  ['[![:alpha:]]', ['1', '['], ['a', 'Z', '']],
  ['my\\x2d*', ['my\\x2dapp'], ['my-app', 'myx2dapp']],
  ['a*b*c', ['abc', 'aXbYc', 'abbcc', 'abcbc'], ['ab', 'acb', 'abca']],
  ['**a', ['a', 'xxa'], ['', 'ab']],
] as const) {
  test(`${pattern} matches ${yes.join(', ')}`, () => {
    assert.deepEqual(matching(pattern, ...yes, ...no), [...yes]);
  });
}

test('a pattern that fnmatch would treat as plain text, or never match, is rejected', () => {
  for (const pattern of ['[', 'a[b', '[!', '[]', '[b-a]', '[[:nope:]]', '[[:digit:]']) {
    assert.equal(parseGlob(pattern), undefined, pattern);
  }
});

test('a text without *, ? or [ is not a pattern', () => {
  assert.deepEqual(['nginx', 'a]', 'a!', 'a*', '?', '['].map(isGlob), [
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('matches are the same as in shells', () => {
  const piece = fc.constantFrom('a', 'b', '.', '*', '?', '[ab]', '[!a]', '[a-c]', '\\', '^', '$', '(', '|');
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '\\', '^'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), name, (pieces, text) => {
      const pattern = pieces
        .map((each) => each.replace(/^\[!/, '[^').replace(/^[.\\^$(|]$/, '\\$&'))
        .join('')
        .replaceAll('*', '.*')
        .replaceAll('?', '.');
      const wanted = new RegExp(`^(?:${pattern})$`, 's').test(text);
      assert.equal(parseGlob(pieces.join(''))?.matches(text), wanted);
    }),
  );
});

test('a pattern with many stars is fast on a name that almost matches', () => {
  const glob = parseGlob(`${'*a'.repeat(100)}*b`);
  const before = performance.now();
  assert.equal(glob?.matches('a'.repeat(255)), false);
  assert.ok(performance.now() - before < 500);
});
