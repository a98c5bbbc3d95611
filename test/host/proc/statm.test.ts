import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ParseError } from '../../../src/host/parse-error.ts';
import { parseStatm, StatmFields } from '../../../src/host/proc/statm.ts';

const fieldsOf = (text: string) => {
  const fields = new StatmFields();
  parseStatm(Buffer.from(text), Buffer.byteLength(text), fields);
  return fields;
};
const parse = (text: string) => fieldsOf(text).residentPages;

describe('/proc/PID/statm', () => {
  it('gives the resident pages, the second field', () => {
    assert.equal(parse('12345 678 90 1 0 23 0\n'), 678);
  });

  it('gives the pages of the program, the fourth field', () => {
    assert.equal(fieldsOf('12345 678 90 31 0 23 0\n').textPages, 31);
  });

  it('gives nothing for a process without memory, and 0 if everything is swapped out', () => {
    assert.equal(parse('0 0 0 0 0 0 0\n'), Number.NaN);
    assert.equal(parse('500 0 0 0 0 0 0\n'), 0);
  });

  it('reads this process', () => {
    assert.ok(parse(readFileSync('/proc/self/statm', 'utf8')) > 100);
  });

  for (const text of [
    '',
    ' ',
    '12',
    '12 ',
    '12 34',
    'x 34 5',
    '12 -4 5',
    '12 x 5',
    '12 34 5 6',
    '12 34 5 x 7',
  ]) {
    it(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), ParseError);
    });
  }
});
