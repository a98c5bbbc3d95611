import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { writtenParts } from '../../src/commands/files/output.ts';

const PARTS = 100;
const PART = 'x'.repeat(1024);

/** A reader that takes a chunk when `answer` is called, and the parts of a text that are made for it. */
class SlowReader {
  made = 0;
  taken = 0;
  answer: (error?: Error) => void = () => {};
  readonly #stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      this.taken += chunk.length;
      this.answer = done;
    },
  }).on('error', () => {});

  write(): Promise<boolean> {
    return writtenParts(this.#stream as unknown as NodeJS.WriteStream, this.#parts());
  }

  *#parts(): Generator<string> {
    for (; this.made < PARTS; this.made++) yield PART;
  }
}

test('a slow reader is awaited: at most one chunk of a text is generated in advance', async () => {
  const reader = new SlowReader();
  const written = reader.write();
  while (reader.taken < PARTS * PART.length) {
    await setImmediate();
    assert.ok((reader.made + 1) * PART.length - reader.taken <= 2 * PART.length, `${reader.made} parts made`);
    reader.answer();
  }
  assert.equal(await written, true);
});

test('nothing more is generated after the reader has closed', async () => {
  const reader = new SlowReader();
  const written = reader.write();
  await setImmediate();
  const { made } = reader;
  reader.answer(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
  assert.equal(await written, false);
  assert.equal(reader.made, made);
});
