import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KnownTexts } from '../../src/host/known-texts.ts';

test('gives the text of any bytes, however often they came before', () => {
  const texts = new KnownTexts();
  // Few different bytes, so that sequences come again, and others get their place.
  const bytes = fc.uint8Array({ maxLength: 3 }).map((some) => some.map((byte) => byte & 0xc3));
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 100 }), (all) => {
      for (const each of all) {
        const buffer = Buffer.from([7, ...each, 9]);
        const expected = Buffer.from(each).toString('utf8');
        assert.equal(texts.textOf(buffer, 1, 1 + each.length), expected);
      }
    }),
  );
});

test('keeps the text when the buffer is used for other bytes', () => {
  const texts = new KnownTexts();
  const buffer = Buffer.from('true');
  assert.equal(texts.textOf(buffer, 0, 4), 'true');
  buffer.write('sort');
  assert.equal(texts.textOf(buffer, 0, 4), 'sort');
  assert.equal(texts.textOf(Buffer.from('true'), 0, 4), 'true');
});
