import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitModel } from '../../../src/views/page/fit-model.ts';
import { packModel } from '../../../src/views/page/render-report.ts';
import { simulatedRun } from './simulated-run.ts';

test('a model is made to fit: fewer series, then fewer points, and no process is lost', () => {
  const plan = { processes: 60, samples: 1_500, names: ['a', 'b'], busy: 1 };
  const { document, history } = simulatedRun(plan, 1_000);
  const facts = { program: '0', hostName: null, goesOn: false, missing: [] };
  const whole = fitModel(document, history, facts);
  const bytes = packModel(whole).length;
  const small = fitModel(document, history, facts, bytes / 3);
  assert.ok(packModel(small).length <= bytes / 3);
  assert.equal(small.processes.length, whole.processes.length);
  assert.ok(small.points.seconds.length < whole.points.seconds.length);
  assert.ok(small.processes.some(({ series }) => series !== null));
});
