import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { parsePssBytes } from '../../../src/host/proc/smaps-rollup.ts';

const parse = (text: string | Uint8Array) => {
  const buffer = Buffer.from(text as string);
  return parsePssBytes(buffer, buffer.length);
};

const rollup = (
  kibibytes: number,
) => `5563018e0000-7fff0f4af000 ---p 00000000 00:00 0                          [rollup]
Rss:                1628 kB
Pss:           ${String(kibibytes).padStart(9)} kB
Pss_Dirty:           112 kB
SwapPss:               7 kB
`;

describe('/proc/PID/smaps_rollup', () => {
  it('gives the proportional set size in bytes, and none of the values with similar names', () => {
    assert.equal(parse(rollup(214)), 214 * 1024);
  });

  it('reads this process', () => {
    assert.ok(parse(readFileSync('/proc/self/smaps_rollup')) > 1_000_000);
  });

  for (const text of ['', 'Pss: 12', 'Pss: 12 MB\n', 'Pss: -1 kB\n', 'SwapPss:  7 kB\n']) {
    it(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), ParseError);
    });
  }

  it('gives the number that was written, and throws only a ParseError if the text is truncated', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.nat(200), (kibibytes, end) => {
        assert.equal(parse(rollup(kibibytes)), kibibytes * 1024);
        try {
          assert.equal(parse(rollup(kibibytes).slice(0, end)), kibibytes * 1024);
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});
