import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonParts } from '../../src/text/json-parts.ts';

class Entry {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  toJSON(): unknown {
    return { value: this.value };
  }
}

const plain = fc.jsonValue({ noUnicodeString: false, maxDepth: 5 });
/** With what has no entry of its own in JSON, and an object that says how it is written. */
const anyValue = fc.oneof(
  plain,
  fc.dictionary(fc.string(), fc.oneof(plain, fc.constant(undefined), fc.constant(Number.NaN))),
  fc.array(fc.oneof(plain, fc.constant(undefined))),
  fc.array(plain.map((value) => new Entry(value))),
);

test('the parts of a JSON text are the output of JSON.stringify, at any depth and indentation', () => {
  fc.assert(
    fc.property(anyValue, fc.nat(6), fc.constantFrom(0, 2, 3), (value, depth, indent) => {
      assert.equal([...jsonParts(value, depth, indent)].join(''), JSON.stringify(value, null, indent));
    }),
  );
});

test('the entries of a list are generated one by one', () => {
  const made: number[] = [];
  const entries = [1, 2, 3].map((value) => ({
    toJSON() {
      made.push(value);
      return value;
    },
  }));
  const parts = jsonParts({ entries }, 2);
  for (const part of parts) if (part === '2') break;
  assert.deepEqual(made, [1, 2]);
});
