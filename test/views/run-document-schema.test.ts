import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import {
  ABSENT_FIGURES,
  DETAILED,
  EMPTY,
  HOSTILE,
  MATCHED,
  NEVER_SEEN,
  REALISTIC,
  UNSEEN_NAMED,
} from './documents.ts';
import { renderJson } from './summary/rendered.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../docs/run-document.schema.json', import.meta.url), 'utf8'),
);
/** As readers have it: fields may come that it does not know. */
const validate = validatorOf(schema);
/** As this version writes: all fields that it knows, and no others. */
const validateWritten = validatorOf(strict(schema, { isWhole: true }));

function validatorOf(of: object) {
  return new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(of);
}

/** The schema with no fields but those that it knows, and with `isWhole` all of them. */
function strict<Part>(part: Part, how: { readonly isWhole: boolean }): Part {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map((each) => strict(each, how)) as Part;
  const inside = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, strict(value, how)]));
  // What has no properties is a record of whatever keys it says.
  if (!isObjectSchema(part)) return inside as Part;
  const required = how.isWhole ? { required: Object.keys(part.properties) } : {};
  return { ...inside, additionalProperties: false, ...required } as Part;
}

function isObjectSchema(part: object): part is { readonly properties: object } {
  return 'properties' in part && 'type' in part && [part.type].flat().includes('object');
}

/** A deep copy of the realistic document, to be spoilt. */
// biome-ignore lint/suspicious/noExplicitAny: it is spoilt in ways that the type forbids
function copy(): any {
  return structuredClone(REALISTIC);
}

const DOCUMENTS: Readonly<Record<string, RunDocument>> = {
  'a realistic run': REALISTIC,
  'a run whose figures are absent': ABSENT_FIGURES,
  'a run that never saw its unit': NEVER_SEEN,
  'a run without units': EMPTY,
  'a run of hostile names': HOSTILE,
  'a run that was asked for details': DETAILED,
  'a run with names of what ended unseen': UNSEEN_NAMED,
  'a run of units of a pattern': MATCHED,
};

for (const [name, document] of Object.entries(DOCUMENTS)) {
  test(`the JSON of ${name} is valid by the schema`, () => {
    assert.ok(validateWritten(JSON.parse(renderJson(document))), JSON.stringify(validateWritten.errors));
  });
}

test('the example in the documentation is valid, and its CPU adds up', () => {
  const page = readFileSync(new URL('../../docs/run-document.md', import.meta.url), 'utf8');
  const example: RunDocument = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '');
  assert.ok(validateWritten(example), JSON.stringify(validateWritten.errors));
  for (const { cpu, processes, exited } of example.units) {
    const booked = [
      ...processes.flatMap((row) => [row.cpuSeconds, row.reapedCpuSeconds]),
      ...exited.map((row) => row.cpuSeconds),
    ].reduce((sum, each) => sum + each, 0);
    assert.equal(booked.toFixed(2), cpu.attributedSeconds.toFixed(2));
    const rest = (cpu.unattributed?.reapedOutsideSeconds ?? 0) + (cpu.unattributed?.unknownSeconds ?? 0);
    assert.equal((booked + rest).toFixed(2), cpu.totalSeconds?.toFixed(2));
    assert.equal((booked / (cpu.totalSeconds ?? 0)).toFixed(3), cpu.coverage?.toFixed(3));
  }
});

const SPOILT: readonly (readonly [what: string, spoil: (run: ReturnType<typeof copy>) => unknown])[] = [
  ['another version', (run) => Object.assign(run, { schema: 'unitledger.run/2' })],
  ['a time without its zone', (run) => Object.assign(run, { startedAt: '2026-11-22T22:52:32' })],
  ['an interval of 0', (run) => Object.assign(run, { intervalSeconds: 0 })],
  ['half a sample', (run) => Object.assign(run, { samples: 1.5 })],
  ['negative CPU', (run) => Object.assign(run.units[0].processes[0], { cpuSeconds: -1 })],
  ['unknown CPU of a row', (run) => Object.assign(run.units[0].processes[0], { cpuSeconds: null })],
  ['a figure as text', (run) => Object.assign(run.units[0].processes[0], { diskBytes: '12' })],
  ['a folded name that stands for nobody', (run) => Object.assign(run.units[1].exited[0], { count: 0 })],
  ['unattributed CPU without its causes', (run) => Object.assign(run.units[0].cpu, { unattributed: 0.66 })],
];

for (const [what, spoil] of SPOILT) {
  test(`${what} is invalid`, () => {
    const document = copy();
    spoil(document);
    assert.equal(validate(document), false);
  });
}

const ADDED: typeof SPOILT = [
  ['a field that is not known at the top', (run) => Object.assign(run, { host: 'a' })],
  ['a field that is not known in a unit', (run) => Object.assign(run.units[0], { state: 'active' })],
  ['a field that is not known in its CPU', (run) => Object.assign(run.units[0].cpu, { throttledSeconds: 1 })],
  [
    'a field that is not known in a process',
    (run) => Object.assign(run.units[0].processes[0], { exe: '/a' }),
  ],
  ['an unknown statistic', (run) => Object.assign(run.units[0].processes[0].cpuPercent, { p99: 1 })],
  ['a field that is not known in a folded row', (run) => Object.assign(run.units[1].exited[0], { pid: 1 })],
  ['a field that is not known in the export', (run) => Object.assign(run.export, { lost: 1 })],
  ['a field that is not known in the totals', (run) => Object.assign(run.units[0].totals, { lost: 1 })],
];

for (const [what, add] of ADDED) {
  test(`${what} is for readers to leave alone, and not written`, () => {
    const document = copy();
    add(document);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.equal(validateWritten(document), false);
  });
}

const published = readdirSync(new URL('published/', import.meta.url));

for (const file of published) {
  test(`a document of an earlier version is as good as ever: ${file}`, () => {
    const document = JSON.parse(readFileSync(new URL(`published/${file}`, import.meta.url), 'utf8'));
    assert.ok(validate(document), JSON.stringify(validate.errors));
    // None of its fields has gone, or has another name.
    const known = validatorOf(strict(schema, { isWhole: false }));
    assert.ok(known(document), JSON.stringify(known.errors));
  });
}

test('what this version writes is among the documents that later ones are held to', () => {
  assert.ok(
    published.some((file) => {
      const text = readFileSync(new URL(`published/${file}`, import.meta.url), 'utf8');
      return validateWritten(JSON.parse(text));
    }),
    'add a document with the new fields to test/views/published',
  );
});

test('every field is written: absent figures are null, not left out', () => {
  const document = copy();
  document.units[0].processes[0].details = structuredClone(DETAILED.units[0]?.processes[0]?.details);
  let fields = 0;
  const leaveOutEach = (object: Record<string, unknown>, path: string): void => {
    for (const [key, value] of Object.entries(object)) {
      if (!Array.isArray(object)) {
        delete object[key];
        assert.equal(validateWritten(document), false, `${path}/${key} may be left out`);
        object[key] = value;
        fields++;
      }
      if (typeof value === 'object' && value !== null) {
        leaveOutEach(value as Record<string, unknown>, `${path}/${key}`);
      }
    }
  };
  leaveOutEach(document, '');
  assert.ok(fields > 100);
  assert.ok(validateWritten(document));
});

test('every field has a description', () => {
  const objects = Object.entries({ '': schema, ...schema.$defs } as Record<string, Record<string, unknown>>);
  for (const [name, object] of objects) {
    assert.ok('description' in object, name);
    const properties = Object.entries(object.properties as Record<string, Record<string, unknown>>);
    for (const [field, value] of properties) {
      assert.ok('description' in value || '$ref' in value, `${name}/${field}`);
    }
  }
});
