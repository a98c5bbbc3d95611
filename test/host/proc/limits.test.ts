import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { parseDescriptorLimit } from '../../../src/host/proc/limits.ts';

const parse = (text: string | Uint8Array) => {
  const buffer = Buffer.from(text as string);
  return parseDescriptorLimit(buffer, buffer.length);
};

const limits = (soft: string | number) =>
  `Limit                     Soft Limit           Hard Limit           Units     
Max processes             96364                96364                processes 
Max open files            ${String(soft).padEnd(20)} 524288               files     
Max locked memory         8388608              8388608              bytes     
`;

describe('/proc/PID/limits', () => {
  it('gives the soft limit of open files', () => {
    assert.equal(parse(limits(1024)), 1024);
    assert.equal(parse(limits(0)), 0);
  });

  it('gives infinity if there is no limit', () => {
    assert.equal(parse(limits('unlimited')), Number.POSITIVE_INFINITY);
  });

  it('reads this process', () => {
    assert.ok(parse(readFileSync('/proc/self/limits')) > 0);
  });

  for (const text of [
    '',
    'Max open files',
    limits('-1'),
    limits('x'),
    limits(1024).slice(0, limits(1024).indexOf('1024') + 4),
  ]) {
    it(`rejects ${JSON.stringify(text.slice(-40))}`, () => {
      assert.throws(() => parse(text), ParseError);
    });
  }

  it('throws only a ParseError, wherever the text is truncated', () => {
    const whole = limits(1024);
    const cut = fc.nat(whole.length).map((end) => Buffer.from(whole.slice(0, end)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), cut), (bytes) => {
        try {
          assert.equal(parse(bytes), 1024);
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});
