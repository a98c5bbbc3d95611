import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProcsParser } from '../../../src/host/cgroup/procs.ts';
import { ParseError } from '../../../src/host/parse-error.ts';

function parse(...chunks: (string | Uint8Array)[]): { pids: number[]; foreign: number } {
  const pids: number[] = [];
  const parser = new ProcsParser();
  parser.begin();
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk);
    parser.feed(bytes, bytes.length, { push: (pid) => pids.push(pid) });
  }
  return { pids, foreign: parser.end() };
}

test('one PID a line, in the order of the file', () => {
  assert.deepEqual(parse('12\n4194303\n7\n'), { pids: [12, 4194303, 7], foreign: 0 });
});

test('an empty cgroup has no PIDs', () => {
  assert.deepEqual(parse(''), { pids: [], foreign: 0 });
});

test('processes of an invisible PID namespace are counted, not listed', () => {
  assert.deepEqual(parse('0\n31\n0\n'), { pids: [31], foreign: 2 });
});

test('only the bytes that were read count, whatever else the buffer contains', () => {
  const pids: number[] = [];
  const parser = new ProcsParser();
  parser.begin();
  parser.feed(Buffer.from('12\n13\nstale'), 6, { push: (pid) => pids.push(pid) });
  assert.equal(parser.end(), 0);
  assert.deepEqual(pids, [12, 13]);
});

for (const text of [
  '12',
  '12\nabc\n',
  '\n',
  '12\n\n',
  '-1\n',
  ' 12\n',
  '12 \n',
  '4194305\n',
  '99999999999999999999\n',
]) {
  test(`${JSON.stringify(text)} is not a list of PIDs`, () => {
    assert.throws(() => parse(text), ParseError);
  });
}

test('a parser that failed starts again with the next file', () => {
  const parser = new ProcsParser();
  parser.begin();
  assert.throws(() => parser.feed(Buffer.from('0\n12x'), 5, { push() {} }), ParseError);
  const pids: number[] = [];
  parser.begin();
  parser.feed(Buffer.from('3\n'), 2, { push: (pid) => pids.push(pid) });
  assert.equal(parser.end(), 0);
  assert.deepEqual(pids, [3]);
});

test('a list reads the same however it is split into chunks', () => {
  const pid = fc.integer({ min: 0, max: 4_194_304 });
  fc.assert(
    fc.property(fc.array(pid), fc.array(fc.nat({ max: 200 })), (listed, cuts) => {
      const text = listed.map((entry) => `${entry}\n`).join('');
      const borders = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const chunks = borders.slice(1).map((border, i) => text.slice(borders[i], border));
      assert.deepEqual(parse(...chunks), {
        pids: listed.filter((entry) => entry !== 0),
        foreign: listed.filter((entry) => entry === 0).length,
      });
    }),
  );
});

test('whatever the bytes are, only a ParseError is thrown', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.stringMatching(/^[0-9\n x-]*$/).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(bytes), (chunks) => {
      try {
        for (const pid of parse(...chunks).pids) assert.ok(Number.isInteger(pid) && pid > 0);
      } catch (error) {
        assert.ok(error instanceof ParseError, String(error));
      }
    }),
  );
});
