import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../skip.ts';
import { disturbanceCases } from './node/cases/disturbances.ts';
import { drainCases, endingCases } from './node/cases/endings.ts';
import { limitCases } from './node/cases/limits.ts';
import { mistakeCases } from './node/cases/mistakes.ts';
import { observingCases } from './node/cases/observing.ts';
import { NodeLab } from './node/lab.ts';

const folder = process.env.UNITLEDGER_TEST_NODE;

describe('on a real node', {
  timeout: 15 * 60_000,
  ...skipUnless(folder !== undefined || 'npm run test:node makes the node'),
}, () => {
  let started: NodeLab | undefined;
  const lab = () => started!;

  before(
    async () => {
      started = await NodeLab.start(folder!);
    },
    { timeout: 4 * 60_000 },
  );
  after(() => started?.stop());

  observingCases(lab);
  disturbanceCases(lab);
  endingCases(lab);
  mistakeCases(lab);
  drainCases(lab);
  limitCases(lab);

  test('Prometheus rejected nothing that a Collector sent', () => {
    assert.equal(lab().refusals(), '');
  });
});
