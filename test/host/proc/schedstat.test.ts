import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { parseRunQueueNanos } from '../../../src/host/proc/schedstat.ts';

const parse = (text: string | Uint8Array) => {
  const buffer = Buffer.from(text as string);
  return parseRunQueueNanos(buffer, buffer.length);
};

describe('/proc/PID/schedstat', () => {
  it('gives the time that the thread waited for a CPU, the second field', () => {
    assert.equal(parse('1876839 1248810 11\n'), 1_248_810);
  });

  it('is unknown if the kernel counts nothing', () => {
    assert.equal(parse('0 0 0\n'), Number.NaN);
    assert.equal(parse('10 0 1\n'), 0);
  });

  it('reads this process', () => {
    assert.ok(parse(readFileSync('/proc/self/schedstat')) >= 0);
  });

  for (const text of ['', ' ', '12', '12 ', '12 34', '12 34\n', 'x 34 5\n', '12 -4 5\n', '12 x 5\n']) {
    it(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), ParseError);
    });
  }

  it('gives the number that was written, and throws only a ParseError', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 2 ** 53 - 1 }), fc.nat(), (ran, waited, slices) => {
        assert.equal(parse(`${ran + 1} ${waited} ${slices}\n`), waited);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.stringMatching(/^[0-9 \n-]*$/).map(Buffer.from)), (bytes) => {
        try {
          parse(bytes);
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});
