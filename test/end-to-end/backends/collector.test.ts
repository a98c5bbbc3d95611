import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { pointsOf, resourceOf } from '../otlp-request.ts';
import { documentOf, runUnitledger } from '../program/unitledger.ts';
import { requestsIn, sayingsOf } from './arrived.ts';
import { Collector, collectorAvailable } from './collector.ts';
import { loadAvailable, loadFor } from './load.ts';
import { freePorts } from './loopback.ts';
import { Tee } from './tee.ts';

const needed = collectorAvailable === true ? loadAvailable : collectorAvailable;

test('a Collector receives every point as it was sent', skipUnless(needed), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-arrived-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'arrived.jsonl');
  const [port] = await freePorts(1);
  const collector = await Collector.start({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path: file } },
    pipelines: { metrics: { receivers: ['otlp'], exporters: ['file'] } },
  });
  const tee = await Tee.open(`http://127.0.0.1:${port}`);
  let document: ReturnType<typeof documentOf>;
  try {
    document = documentOf(
      await runUnitledger(
        ['--summary', 'json', '--interval', '0.2', '--export-interval', '2', ...loadFor(4)],
        {
          environment: {
            UNITLEDGER_EXPORT: 'otlp',
            OTEL_EXPORTER_OTLP_ENDPOINT: tee.endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          },
        },
      ),
    );
  } finally {
    await tee.close();
    await collector.stop();
  }

  const arrived = requestsIn(file);
  assert.deepEqual([document.export!.failed, document.export!.delivered], [0, tee.taken.length]);
  assert.ok(arrived.length >= 2, `${arrived.length} windows`);
  assert.deepEqual(arrived.map(sayingsOf), tee.taken.map(sayingsOf));
  assert.deepEqual(arrived.map(resourceOf), tee.taken.map(resourceOf));
  t.diagnostic(`${arrived.flatMap(pointsOf).length} points in ${arrived.length} windows`);
});
