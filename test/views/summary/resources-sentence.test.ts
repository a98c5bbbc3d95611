import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcesSentence, unitSentences } from '../../../src/views/summary/sentences.ts';
import { ABSENT_FIGURES, REALISTIC, runResources, runUnit } from '../documents.ts';

const said = (unit = REALISTIC.units[0]!) => unitSentences(unit, REALISTIC.endedAt, (text) => text);

test('what the cgroup told stands in one line', () => {
  assert.equal(
    resourcesSentence(REALISTIC.units[0]!.resources),
    'memory peak 393.0MiB · limit reached 3 times · throttled 12 times · 1 OOM kill, throttled 2.52s by its CPU limit, ' +
      'waited for CPU 4.20s · I/O 1.10s, dm-0 8.0KiB read · 150.0MiB written (+2 devices)',
  );
});

test('what is not known is not said, nor what is nothing', () => {
  assert.equal(resourcesSentence(ABSENT_FIGURES.units[1]!.resources), 'waited for CPU 1.25s');
  assert.equal(resourcesSentence(runResources()), 'memory peak 32.0MiB');
  assert.equal(resourcesSentence(runResources({ memoryPeakBytes: 0 })), null);
  assert.equal(resourcesSentence(null), null);
});

test('a line of its own is there only where there is something to say', () => {
  assert.equal(said().length, 5);
  assert.equal(said(runUnit()).length, 2);
});

test('CPU that no unit can be assigned is a row of one sentence', () => {
  const { cpu } = runUnit();
  const shared = { ...cpu, totalSeconds: 0.12, attributedSeconds: 0, coverage: null, sharedSeconds: 0.12 };
  const sentences = said(runUnit({ unit: '(shared in system.slice)', instances: 0, cpu: shared }));
  assert.deepEqual(sentences, [
    'CPU total 0.12s of removed cgroups that cannot be assigned to a unit: several ended at once, and their final readings were missed',
  ]);
});
