import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EncodingName } from '../../../../src/telemetry/export/otlp-encoding.ts';
import type { SignalName } from '../../../../src/telemetry/export/signal.ts';
import {
  bodyInFile,
  fileContent,
  fileNameOf,
  storedWindow,
  windowOfFileName,
} from '../../../../src/telemetry/export/spool/stored-window.ts';

const bodies = fc.uint8Array({ minLength: 1, maxLength: 200 });
const encodings = fc.constantFrom<EncodingName>('json', 'protobuf');
const signals = fc.constantFrom<SignalName>('metrics', 'traces');
const times = fc.integer({ min: 0, max: Date.UTC(2999, 0, 1) });
const sequences = fc.integer({ min: 0, max: 999_999_999_999 });

test('the name of a file has its order, its time, its length, its checksum and its encoding', () => {
  const body = new TextEncoder().encode('{"resourceMetrics":[]}');
  const madeAtUnixMillis = Date.UTC(2026, 10, 24, 3, 47, 8, 123);
  const window = storedWindow(body, { sequence: 42, madeAtUnixMillis, encoding: 'json' });
  assert.match(fileNameOf(window), /^000000000042_20261124T034708123Z_22_[0-9a-f]{8}\.json$/);
  assert.deepEqual(Buffer.concat(fileContent(body, 'json')).toString(), '{"resourceMetrics":[]}\n');
});

test('a name parses to its source, and names sort like their windows', () => {
  fc.assert(
    fc.property(
      bodies,
      sequences,
      times,
      encodings,
      signals,
      (body, sequence, madeAtUnixMillis, encoding, signal) => {
        const window = storedWindow(body, { sequence, madeAtUnixMillis, encoding, signal });
        assert.deepEqual(windowOfFileName(fileNameOf(window)), window);
        const next = storedWindow(body, { sequence: sequence + 1, madeAtUnixMillis: 0, encoding });
        if (sequence < 999_999_999_999) assert.ok(fileNameOf(window) < fileNameOf(next));
      },
    ),
  );
});

test('no other name is mistaken for a window', () => {
  const name = '000000000042_20261124T034708123Z_22_0011aaff.json';
  assert.notEqual(windowOfFileName(name), null);
  for (const other of [
    '',
    'notes.txt',
    `.${name}`,
    `${name}.tmp`,
    name.replace('.json', '.gz'),
    name.replace('2026', '202'),
    name.replace('1124', '1324'),
    name.toUpperCase(),
  ]) {
    assert.equal(windowOfFileName(other), null, other);
  }
  fc.assert(fc.property(fc.string(), (text) => windowOfFileName(text) === null));
});

test('a window is read from its file whatever was appended to it, and never from a torn one', () => {
  fc.assert(
    fc.property(bodies, encodings, fc.uint8Array(), fc.nat(), (body, encoding, garbage, cut) => {
      const window = storedWindow(body, { sequence: 1, madeAtUnixMillis: 0, encoding });
      const content = Buffer.concat([...fileContent(body, encoding), garbage]);
      assert.deepEqual(Buffer.from(bodyInFile(content, window)!), Buffer.from(body));
      assert.equal(bodyInFile(content.subarray(0, cut % body.length), window), null);
      const flipped = Buffer.from(content);
      flipped[cut % body.length]! ^= 1;
      assert.equal(bodyInFile(flipped, window), null);
    }),
  );
});
