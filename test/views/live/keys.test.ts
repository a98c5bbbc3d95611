import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Input, InputReader } from '../../../src/views/live/terminal/keys.ts';

function read(...pieces: string[]): Input[] {
  const reader = new InputReader();
  return pieces.flatMap((piece) => reader.read(Buffer.from(piece)));
}

const key = (name: string) => ({ kind: 'key', key: name });
const text = (typed: string) => ({ kind: 'text', text: typed });

test('keys come as terminals send them', () => {
  const sent: Record<string, string> = {
    '\x1b[A': 'up',
    '\x1bOA': 'up',
    '\x1b[1;5B': 'down',
    '\x1b[5~': 'page-up',
    '\x1b[6~': 'page-down',
    '\x1b[H': 'home',
    '\x1b[1~': 'home',
    '\x1bOF': 'end',
    '\x1b[8~': 'end',
    '\x1bOM': 'enter',
    '\r': 'enter',
    '\x7f': 'backspace',
    '\t': 'tab',
  };
  for (const [bytes, name] of Object.entries(sent))
    assert.deepEqual(read(bytes), [key(name)], JSON.stringify(bytes));
});

test('letters, also of many bytes in pieces, are text', () => {
  assert.deepEqual(read('q?'), [text('q'), text('?')]);
  const reader = new InputReader();
  const bytes = Buffer.from('é🚀');
  const inputs = [...bytes].flatMap((byte) => reader.read(Uint8Array.of(byte)));
  assert.deepEqual(inputs, [text('é'), text('🚀')]);
});

test('a letter with Ctrl is that letter', () => {
  assert.deepEqual(read('\x03\x1a'), [
    { kind: 'control', letter: 'c' },
    { kind: 'control', letter: 'z' },
  ]);
});

test('a sequence that comes in pieces waits for its end', () => {
  const reader = new InputReader();
  assert.deepEqual(reader.read(Buffer.from('\x1b')), []);
  assert.equal(reader.waits, true);
  assert.deepEqual(reader.read(Buffer.from('[')), []);
  assert.deepEqual(reader.read(Buffer.from('A')), [key('up')]);
  assert.equal(reader.waits, false);
});

test('an Escape that nothing follows is one', () => {
  const reader = new InputReader();
  assert.deepEqual(reader.read(Buffer.from('\x1b')), []);
  assert.deepEqual(reader.flush(), [key('escape')]);
  assert.deepEqual(reader.flush(), []);
});

test('the wheel and clicks come with their places', () => {
  assert.deepEqual(read('\x1b[<64;10;5M'), [{ kind: 'wheel', steps: -1 }]);
  assert.deepEqual(read('\x1b[<65;10;5M'), [{ kind: 'wheel', steps: 1 }]);
  assert.deepEqual(read('\x1b[<0;10;5M\x1b[<0;10;5m'), [{ kind: 'click', row: 4, column: 9 }]);
});

test('what is pasted is not taken for keys', () => {
  assert.deepEqual(read('\x1b[200~q\x1b[2', '01~q'), [{ kind: 'paste', text: 'q' }, text('q')]);
});

test('a paste is no keys either when it is long, or its end comes late', () => {
  const long = read('\x1b[200~', 'q'.repeat(5000), 'q'.repeat(5000), '\x1b[201~q');
  assert.deepEqual(long, [{ kind: 'paste', text: 'q'.repeat(4096) }, text('q')]);
  const reader = new InputReader();
  assert.deepEqual(reader.read(Buffer.from('\x1b[200~a')), []);
  assert.ok(reader.waits && !reader.mayBeEscape);
  assert.deepEqual(reader.read(Buffer.from('q\x1b[201')), []);
  assert.deepEqual(reader.read(Buffer.from('~')), [{ kind: 'paste', text: 'aq' }]);
  assert.equal(reader.waits, false);
});

test('a paste without an end is over when nothing follows, and by Ctrl+C', () => {
  const reader = new InputReader();
  assert.deepEqual(reader.read(Buffer.from('\x1b[200~a')), []);
  assert.deepEqual(reader.flush(), [{ kind: 'paste', text: 'a' }]);
  assert.deepEqual(reader.read(Buffer.from('q')), [text('q')]);
  assert.deepEqual(reader.read(Buffer.from('\x1b[200~a')), []);
  assert.deepEqual(reader.read(Buffer.from('\x03')), [{ kind: 'control', letter: 'c' }]);
});

test('a terminal may say what its background is', () => {
  assert.deepEqual(read('\x1b]11;rgb:ffff/ffff/0000\x1b\\q'), [
    { kind: 'background', red: 1, green: 1, blue: 0 },
    text('q'),
  ]);
  assert.deepEqual(read('\x1b]11;rgb:00/00/', '00\x07'), [{ kind: 'background', red: 0, green: 0, blue: 0 }]);
});

test('sequences that mean nothing here are passed over, and what follows is read', () => {
  assert.deepEqual(read('\x1b[?1;2c\x1b[15~\x1b[>0;276;0cq'), [text('q')]);
  assert.deepEqual(read('\x1b[Iq'), [text('q')]);
});

test('whatever comes, in whatever pieces, what follows is read, and nothing is kept for ever', () => {
  const anyBytes = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.constantFrom('\x1b', '\x1b[', '\x1b]11;', '\x1b[200~', '\x1b[<0;', 'é').map((t) => Buffer.from(t)),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(anyBytes, (pieces) => {
      const reader = new InputReader();
      for (const piece of pieces) reader.read(piece);
      reader.read(Buffer.alloc(5000, 'x'));
      reader.flush();
      assert.deepEqual(reader.read(Buffer.from('q')).at(-1), text('q'));
    }),
  );
});
