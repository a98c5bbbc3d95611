import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ComparedRun } from '../../src/comparison/compared-run.ts';
import { readRunDocument } from '../../src/comparison/document-reader.ts';
import { RowCutter } from '../../src/comparison/row-cutter.ts';
import { RunFileError } from '../../src/comparison/run-file-error.ts';
import { ABSENT_FIGURES, HOSTILE, MATCHED, NEVER_SEEN, REALISTIC, UNSEEN_NAMED } from '../views/documents.ts';
import { renderJson } from '../views/summary/rendered.ts';
import { compared, runOf, unitOf } from './runs.ts';

/** The text in pieces of so many bytes. */
function* pieces(text: string, bytes: number): Generator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield Buffer.from(all.subarray(at, at + bytes));
}

function read(text: string, bytes = 1 << 16): ComparedRun {
  return readRunDocument('a.json', pieces(text, bytes));
}

function refusal(text: string, bytes?: number): string {
  try {
    read(text, bytes);
  } catch (error) {
    assert.ok(error instanceof RunFileError, String(error));
    assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}]/u);
    assert.ok(error.message.length < 300, error.message);
    return error.message;
  }
  return assert.fail('it was taken');
}

const DOCUMENTS = { REALISTIC, HOSTILE, MATCHED, UNSEEN_NAMED, ABSENT_FIGURES, NEVER_SEEN };

test('a run document parses to its source, in pieces of any size', () => {
  for (const document of Object.values(DOCUMENTS)) {
    const wanted = compared(document);
    for (const text of [
      renderJson(document),
      JSON.stringify(document),
      `\ufeff\n ${renderJson(document)}\n\n`,
    ])
      for (const bytes of [1, 7, 1000, 1 << 20]) assert.deepEqual(read(text, bytes), wanted);
  }
});

test('keys may come in any order, and with escapes', () => {
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([key, each]) => [key, reversed(each)]),
          )
        : value;
  const text = JSON.stringify(reversed(REALISTIC));
  assert.deepEqual(read(text), compared(REALISTIC));
  assert.deepEqual(read(text.replaceAll('"processes"', '"pro\\u0063esses"')), compared(REALISTIC));
  assert.deepEqual(read(text.replaceAll('"processes":', '"processes"\n :\t\r')), compared(REALISTIC));
});

test('documents of earlier versions, without totals, lack only the values of these', () => {
  const { totals: _, ...unit } = unitOf(3);
  const { figures } = read(JSON.stringify({ ...runOf([]), units: [unit] })).units.get('nginx.service')!;
  assert.deepEqual(
    [figures['memory.max'], figures['memory.avg'], figures['cpu.max'], figures['processes.max']],
    [null, null, null, null],
  );
  // What rows add up to is the same whichever document holds them.
  assert.deepEqual(
    [figures['cpu.seconds'], figures['cpu.avg'], figures['disk.bytes'], figures.processes],
    [3, 10, 8192, 1],
  );
});

test('unattributed CPU may be a little below 0, and is compared', () => {
  const cpu = { ...unitOf(3).cpu, unattributed: { reapedOutsideSeconds: null, unknownSeconds: -0.001 } };
  const run = read(JSON.stringify(runOf([{ ...unitOf(3), cpu }])));
  assert.equal(run.units.get('nginx.service')!.figures['cpu.unattributed'], -0.001);
});

test('anything but a run document is rejected with its kind', () => {
  const text = JSON.stringify(REALISTIC);
  const spoilt = (key: string, value: unknown) => JSON.stringify({ ...REALISTIC, [key]: value });
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /^it is empty$/],
    ['\0'.repeat(5000), /^it is neither a recording nor a run document/],
    ['hello', /^it is neither/],
    ['x', /^it is neither/],
    ['[]', /^it is neither/],
    [text.slice(0, -2), /^it is cut off/],
    [text.slice(0, 700), /^it is cut off/],
    ['{', /^it is cut off/],
    ['   ', /^it is cut off/],
    ['{}', /it has no schema$/],
    ['{"schema":"unitledger.doctor/1"}', /JSON of the schema "unitledger\.doctor\/1"/],
    ['{"schema":"\\u001b[2J"}', /"\\x1b\[2J"/],
    [
      spoilt('schema', 'unitledger.run/2').replaceAll('"cpuSeconds"', '"cpu"'),
      /document of version 2, and this version of unitledger reads version 1$/,
    ],
    [`${text}{}`, /^it has more data after the run document$/],
    ['{"resourceMetrics":[]}\n{"resourceMetrics":[]}', /has no schema/],
    ['{1 2}', /not well-formed/],
    [`{"a":${'['.repeat(100_000)}`, /nested deeper/],
    [text.replace('"cpuSeconds":', '"cpuSeconds":-'), /cpuSeconds must be a number from 0 on/],
    [text.replace(/"cpuSeconds":[0-9.]+/, '"cpuSeconds":1e999'), /cpuSeconds must be .*not Infinity/],
    [
      text.replace(/"cpuSeconds":[0-9.]+/, '"cpuSeconds":[0]'),
      /units\[0\], row 0\.cpuSeconds must be .*not a list/,
    ],
    [text.replace('"pid":', '"pid":}'), /not well-formed/],
    [spoilt('startedAt', 'yesterday'), /startedAt must be a time, not "yesterday"/],
    [spoilt('units', {}), /units must be a list, not an object/],
    [spoilt('units', [0]), /units\[0\] must be an object, not 0/],
    [spoilt('units', [{ processes: [0], exited: [] }]), /its rows are malformed/],
    [
      JSON.stringify({ ...REALISTIC, endedAt: REALISTIC.startedAt, samples: 1, missedSamples: 0 }),
      /fewer than two samples/,
    ],
  ];
  for (const [spoiltText, says] of cases) {
    assert.match(refusal(spoiltText), says, spoiltText.slice(0, 80));
    assert.match(refusal(spoiltText, 3), says, spoiltText.slice(0, 80));
  }
});

test('any bytes are a run or a RunFileError', () => {
  const text = Buffer.from(renderJson(REALISTIC));
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.uint8Array({ maxLength: 8 }), fc.nat(20), (at, bytes, cut) => {
      const spoilt = Buffer.concat([text.subarray(0, at), bytes, text.subarray(at + cut)]);
      try {
        readRunDocument('a', [spoilt]);
      } catch (error) {
        assert.ok(error instanceof RunFileError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('rows are skipped completely, and the remainder is the document without them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 })),
      fc.integer({ min: 1, max: 40 }),
      (rows, bytes) => {
        const document = {
          a: '"processes":[{',
          units: [{ b: [[{}]], processes: rows, exited: [] }, { exited: rows }],
        };
        const cut: unknown[] = [];
        const cutter = new RowCutter((json, unitIndex) => cut.push([unitIndex, JSON.parse(json)]));
        for (const piece of pieces(JSON.stringify(document, null, 1), bytes)) cutter.push(piece);
        assert.ok(cutter.isDone && !cutter.hasMore);
        const zeros = rows.map(() => 0);
        assert.deepEqual(JSON.parse(cutter.rest()), {
          ...document,
          units: [{ b: [[{}]], processes: zeros, exited: [] }, { exited: zeros }],
        });
        const wanted = [0, 1].flatMap((unit) => rows.map((row) => [unit, JSON.parse(JSON.stringify(row))]));
        assert.deepEqual(cut, wanted);
      },
    ),
  );
});

test('one row is held at a time, however many rows and however much white space there are', () => {
  const [head, tail] = JSON.stringify(runOf([{ ...unitOf(1), processes: [] }])).split('"processes":[') as [
    string,
    string,
  ];
  const row = JSON.stringify(unitOf(1).processes[0]);
  const rows = 40_000;
  function* all(): Generator<Buffer> {
    yield Buffer.from(`${head}"processes":[`);
    const piece = Buffer.from(`${row},${' '.repeat(3000)}`);
    for (let count = 1; count < rows; count++) yield piece;
    yield Buffer.from(row + tail);
  }
  const before = process.memoryUsage().rss;
  const run = readRunDocument('large', all());
  assert.equal(run.units.get('nginx.service')!.names.get('nginx')!.processes, rows);
  // 150 MB of text; what is held of it is less than a third, with all that V8 keeps for later.
  assert.ok(process.memoryUsage().rss - before < 100e6);
});

test('more names than any unit has are rejected', () => {
  const names = Array.from({ length: 100_001 }, (_, index) => ({
    ...unitOf(1).processes[0]!,
    name: `n${index}`,
  }));
  assert.match(
    refusal(JSON.stringify(runOf([{ ...unitOf(1), processes: names }]))),
    /more than 100000 process names/,
  );
});
