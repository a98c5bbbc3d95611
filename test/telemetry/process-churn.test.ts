import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ENCODINGS } from '../../src/telemetry/export/otlp-encoding.ts';
import { ProcessChurn } from './process-churn.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that are held once nothing that could go is left. */
function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

for (const temporality of ['cumulative', 'delta'] as const) {
  test(`40,000 short-lived processes leave nothing behind (${temporality})`, {
    timeout: 170_000,
  }, () => {
    const churn = new ProcessChurn(temporality);
    const window = () => {
      const metrics = churn.collect(churn.run(100));
      ENCODINGS.json.encode(metrics);
      churn.check(metrics);
    };
    for (let i = 0; i < 5; i++) window();
    const before = heldBytes();
    while (churn.started < 40_000) window();
    const grown = heldBytes() - before;
    // A leak of one object a process would be several megabytes.
    assert.ok(grown < 2_000_000, `${grown} bytes more are held`);
  });
}
