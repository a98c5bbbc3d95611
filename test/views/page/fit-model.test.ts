import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitModel } from '../../../src/views/page/fit-model.ts';
import { simulatedRun } from './simulated-run.ts';

test('a model is made to fit: fewer series, then fewer points, and no process is lost', async () => {
  const plan = { processes: 60, samples: 1_500, names: ['a', 'b'], busy: 1 };
  const { document, history } = simulatedRun(plan, 1_000);
  const facts = { program: '0', hostName: null, goesOn: false, missing: [] };
  const { model: whole, packed } = await fitModel(document, history, facts);
  const bytes = packed.length;
  const { model: small, packed: smaller } = await fitModel(document, history, facts, bytes / 3);
  assert.ok(smaller.length <= bytes / 3);
  assert.equal(small.processes.length, whole.processes.length);
  assert.ok(small.points.seconds.length < whole.points.seconds.length);
  assert.ok(small.processes.some(({ series }) => series !== null));
});
