import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunksOf } from '../../src/text/chunks.ts';

test('chunks are the parts in order, and each but the last has 16 K characters or slightly more', () => {
  const part = fc
    .tuple(fc.constantFrom('', 'a', '\u{1f600}'), fc.nat(9000))
    .map(([text, count]) => text.repeat(count));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const chunks = [...chunksOf(parts)];
      assert.equal(chunks.join(''), parts.join(''));
      for (const chunk of chunks.slice(0, -1)) assert.ok(chunk.length >= 16_384, `${chunk.length}`);
      for (const chunk of chunks)
        assert.ok(chunk.length > 0 && chunk.length < 16_384 + 18_001, `${chunk.length}`);
    }),
  );
});

test('a chunk takes no more parts than it needs', () => {
  let made = 0;
  function* parts(): Generator<string> {
    for (; made < 100; made++) yield 'x'.repeat(1024);
  }
  chunksOf(parts()).next();
  assert.equal(made, 15);
});
