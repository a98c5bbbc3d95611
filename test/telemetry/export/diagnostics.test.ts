import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diag } from '@opentelemetry/api';
import { Diagnostics } from '../../../src/telemetry/export/diagnostics.ts';
import { RecordedLog } from '../recorded-log.ts';

test('warnings of the SDK are logged once, in printable text; its other messages are not', (t) => {
  const log = new RecordedLog();
  const diagnostics = new Diagnostics(log);
  diagnostics.start();
  t.after(() => diagnostics.stop());
  for (let i = 0; i < 3; i++) diag.warn('odd \x07 value', i);
  diag.error('broken', new Error('because'));
  diag.info('hello');
  diag.debug('items to be sent', {});
  diag.verbose('more');
  assert.deepEqual(log.said, ['warn: odd \\x07 value 0', 'error: broken because']);
});

test('invalid resource attributes are logged, although the SDK drops them silently', (t) => {
  const log = new RecordedLog();
  const diagnostics = new Diagnostics(log);
  diagnostics.start();
  t.after(() => diagnostics.stop());
  diag.debug('ResourceAttributesEnvDetector failed: Invalid format for OTEL_RESOURCE_ATTRIBUTES: "x"');
  assert.equal(log.lines.length, 1);
});
