import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { soakPage, soakPlots } from '../../../bench/soak/page.ts';
import { arrivedWindow } from '../../../bench/soak/receiver.ts';
import { soakGoals, verdictOn } from '../../../bench/soak/verdict.ts';
import { pointsOf } from '../../end-to-end/otlp-request.ts';
import { soakRecord } from './soak-records.ts';

const outcomes = (record: ReturnType<typeof soakRecord>) =>
  soakGoals(verdictOn(record)!).map(([, , outcome]) => outcome);

describe('a soak', () => {
  test('whose memory levels off while rows fill up has flat memory', () => {
    const record = soakRecord((minute) => Math.min(80, 60 + 3 * minute));
    assert.deepEqual(outcomes(record), ['met', 'met', 'met']);
  });

  test('whose memory goes on growing has not', () => {
    const record = soakRecord((minute) => 60 + minute / 5);
    assert.deepEqual(outcomes(record), ['missed', 'met', 'met']);
  });

  test('misses its goal by one window outside the band; an idle window is none', () => {
    assert.equal(
      outcomes(
        soakRecord(
          () => 80,
          (minute) => (minute === 30 ? 0.97 : 1),
        ),
      )[2],
      'missed',
    );
    assert.equal(
      outcomes(
        soakRecord(
          () => 80,
          (minute) => (minute === 30 ? null : 1),
        ),
      )[2],
      'met',
    );
  });

  test('misses its goal by one missed tick', () => {
    const record = soakRecord(() => 80);
    assert.equal(outcomes({ ...record, end: { ...record.end!, missedSamples: 1 } })[1], 'missed');
  });

  test('that ended at once has no verdict, and no figure is made up for it', () => {
    const record = { ...soakRecord(() => 80), minutes: 0, sightings: [], windows: [], end: null };
    assert.equal(verdictOn(record), undefined);
    const text = soakPage(record);
    assert.match(text, /too short/);
    assert.doesNotMatch(text, /NaN|undefined|\bmet\b/);
  });

  test('that was cut short says so, with what there was', () => {
    const text = soakPage({ ...soakRecord(() => 80), end: null });
    assert.match(text, /was interrupted/);
    assert.match(text, /80\.0 \(80\.0–80\.0\) MiB/);
    assert.doesNotMatch(text, /NaN|undefined|null/);
  });

  test('draws no charged memory where none was counted', () => {
    const { points } = soakPlots(soakRecord(() => 80))['soak-memory.svg']!;
    assert.deepEqual([...new Set(points.map(({ series }) => series))], ['RSS']);
  });
});

test('a window that arrived is told by its points', () => {
  const gauge = (name: string, asDouble: number) => ({
    name: `unitledger.${name}`,
    gauge: { dataPoints: [{ timeUnixNano: '120000000000', asDouble }] },
  });
  const windowsOf = (outcome: string, asInt: string) => ({
    attributes: [{ key: 'unitledger.outcome', value: { stringValue: outcome } }],
    timeUnixNano: '120000000000',
    asInt,
  });
  const metrics = [
    gauge('unit.cpu.coverage', 0.995),
    gauge('self.ticks.missed', 2),
    gauge('self.tracked_process.count', 1100),
    {
      name: 'unitledger.self.export.windows',
      sum: {
        aggregationTemporality: 2,
        dataPoints: [windowsOf('delivered', '7'), windowsOf('dropped', '1'), windowsOf('failed', '2')],
      },
    },
  ];
  const points = pointsOf({
    resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: { name: 'unitledger' }, metrics }] }],
  });
  assert.deepEqual(arrivedWindow(points, 60_000), {
    minutes: 1,
    coverage: 0.995,
    missedTicks: 2,
    delivered: 7,
    lost: 3,
    points: 6,
    processes: 1100,
  });
});
