import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsePrometheusText, sampleIn } from '../../telemetry/endpoint/prometheus-text.ts';
import { documentOf, logOf, runUnitledger, startUnitledger, until } from './unitledger.ts';

test('over its CPU budget, unitledger samples less often, reports it everywhere, and a replay reports the same', {
  timeout: 180_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-budget-'));
  try {
    const file = join(folder, 'run.ulr');
    // A hundred samples a second cost more than a thousandth of a core on any machine.
    const budget = ['--cpu-budget', '0.1', '--interval', '10ms', '--export-interval', '500ms'];
    const out = ['--listen', '0', '--record', file, '--summary', 'json'];
    const run = startUnitledger([...budget, ...out, '--', 'sleep', '170']);
    const url = () =>
      logOf(run.stderr().replace(/[^\n]*$/, '')).find(({ msg }) => msg.startsWith('serving '));
    await run.says('--cpu-budget is 0.1%: sampling every 0.02 s');
    const page = async () => parsePrometheusText(await (await fetch(`${url()!.url}/metrics`)).text());
    await until(
      async () => sampleIn(await page(), 'unitledger_self_ticks_stretched_total', {}).value > 0,
      () => 'samples that were left out',
    );
    const intervalSeconds = sampleIn(await page(), 'unitledger_self_sample_interval_seconds', {}).value;
    assert.ok(intervalSeconds >= 0.02 && intervalSeconds <= 0.16, `${intervalSeconds} s`);
    assert.equal((await fetch(`${url()!.url}/healthz`)).status, 200);
    run.signal('SIGTERM');
    // The command is stopped with the run.
    const ended = await run.ended;
    const document = JSON.parse(ended.stdout);
    assert.ok(document.stretchedSamples > 0);
    assert.equal(document.intervalSeconds, 0.01);
    const told = documentOf(await runUnitledger(['replay', file, '--summary', 'json']));
    assert.deepEqual(told, document);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
