import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { RunTotals } from '../../../src/ledger/run/run-totals.ts';
import { fitModel } from '../../../src/views/page/fit-model.ts';
import { PageHistory } from '../../../src/views/page/model/page-history.ts';
import { packModel } from '../../../src/views/page/render-report.ts';
import { SimulatedService } from '../../recording/simulated-service.ts';

test('a model is made to fit: fewer series, then fewer points, and no process is lost', () => {
  const samples = 1_500;
  const run = {
    processes: 60,
    samples,
    intervalSeconds: 0.5,
    startedUnixMillis: 0,
    names: ['a', 'b'],
    busy: 1,
  };
  const service = new SimulatedService(run);
  const ledger = new Ledger();
  const totals = new RunTotals(ledger, 1_000);
  const history = new PageHistory(ledger, 0.5);
  for (let tick = 0; tick < samples; tick++) {
    const usage = ledger.book(service.sample());
    totals.gather();
    history.take(usage);
  }
  const document = totals.document({
    startedUnixMillis: 0,
    startedAtSeconds: 0,
    endedUnixMillis: 500 * samples,
    intervalSeconds: 0.5,
    samples,
    missedSamples: 0,
    export: null,
  });
  const facts = { program: '0', hostName: null, goesOn: false, missing: [] };
  const whole = fitModel(document, history, facts);
  const bytes = packModel(whole).length;
  const small = fitModel(document, history, facts, bytes / 3);
  assert.ok(packModel(small).length <= bytes / 3);
  assert.equal(small.processes.length, whole.processes.length);
  assert.ok(small.points.seconds.length < whole.points.seconds.length);
  assert.ok(small.processes.some(({ series }) => series !== null));
});
