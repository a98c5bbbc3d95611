import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RunDocument } from '../../src/ledger/run-document.ts';
import { renderJson } from '../../src/views/summary/json.ts';
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

const schema = JSON.parse(
  readFileSync(new URL('../../docs/run-document.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);

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
    assert.ok(validate(JSON.parse(renderJson(document))), JSON.stringify(validate.errors));
  });
}

test('the example in the documentation is valid, and its CPU adds up', () => {
  const page = readFileSync(new URL('../../docs/run-document.md', import.meta.url), 'utf8');
  const example: RunDocument = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '');
  assert.ok(validate(example), JSON.stringify(validate.errors));
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

test('every field is required: absent figures are null, not left out', () => {
  const document = copy();
  document.units[0].processes[0].details = structuredClone(DETAILED.units[0]?.processes[0]?.details);
  let fields = 0;
  const leaveOutEach = (object: Record<string, unknown>, path: string): void => {
    for (const [key, value] of Object.entries(object)) {
      if (!Array.isArray(object)) {
        delete object[key];
        assert.equal(validate(document), false, `${path}/${key} may be left out`);
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
  assert.ok(validate(document));
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
