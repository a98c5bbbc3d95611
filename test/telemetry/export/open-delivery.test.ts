import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/host/clock.ts';
import { openDelivery } from '../../../src/telemetry/export/open-delivery.ts';
import { RecordedLog } from '../recorded-log.ts';
import { FaultServer, status } from './fault-server.ts';
import { windowWith } from './windows-on-the-wire.ts';

test('of several exporters, in any order, the counts are those of OTLP', async (t) => {
  const server = await FaultServer.start();
  t.after(() => server.stop());
  server.answer = status(503);
  for (const exporters of [
    ['console', 'prometheus', 'otlp'],
    ['otlp', 'console'],
    ['otlp', 'prometheus'],
  ] as const) {
    const lines: string[] = [];
    const delivery = openDelivery(exporters, {
      environment: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: server.url },
      usesProxy: true,
      headersFile: null,
      timeoutSeconds: 10,
      version: '1',
      writeConsole: (line) => lines.push(line),
      spool: { directory: undefined, bytes: 0, ageSeconds: 7200 },
      clock: systemClock,
      log: new RecordedLog(),
    })!;
    delivery.send(windowWith(1));
    delivery.send(windowWith(2));
    await server.until(() => delivery.counts.state === 'spooling');
    const { delivered, failed, spooled, stateText } = delivery.counts;
    assert.deepEqual(
      { delivered, failed, spooled, stateText },
      { delivered: 0, failed: 0, spooled: 2, stateText: 'buffering 2 windows' },
    );
    assert.equal(lines.length, (exporters as readonly string[]).includes('console') ? 2 : 0);
    await delivery.shutdown(0);
    assert.equal(delivery.counts.failed, 2);
  }
});
