import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runExport } from '../../src/commands/track/run-export.ts';
import { NOTHING_DELIVERED } from '../../src/telemetry/export/delivery.ts';

const telemetry = { counts: { ...NOTHING_DELIVERED, delivered: 3, failed: 1, spooled: 2 } };

test('a run that sends its windows reports their outcome', () => {
  const outcome = { delivered: 3, failed: 1, spooled: 2 };
  assert.deepEqual(runExport({ exporters: ['otlp'] }, telemetry), outcome);
  assert.deepEqual(runExport({ exporters: ['prometheus', 'console'] }, telemetry), outcome);
});

test('a run whose windows are only scraped, or that exports none, counts no deliveries', () => {
  assert.equal(runExport({ exporters: ['prometheus'] }, telemetry), null);
  assert.equal(runExport({ exporters: [] }, telemetry), null);
  assert.equal(runExport({ exporters: ['otlp'] }, undefined), null);
});
