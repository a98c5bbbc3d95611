import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Timeline } from '../../../src/views/live/model/timeline.ts';

const lengthOf = (timeline: Timeline) => timeline.lengthUntil(Number.POSITIVE_INFINITY);
const valuesOf = (timeline: Timeline) =>
  Array.from({ length: lengthOf(timeline) }, (_, i) => timeline.at(0, lengthOf(timeline) - 1 - i));

describe('a timeline', () => {
  test('has ticks that were missed as absent', () => {
    const timeline = new Timeline(1, 8, 0.5, 'forget');
    timeline.add(10, [1]);
    timeline.add(11, [3]);
    assert.deepEqual(valuesOf(timeline), [1, Number.NaN, 3]);
  });

  test('forgets the oldest', () => {
    const timeline = new Timeline(1, 4, 1, 'forget');
    for (let at = 0; at < 7; at++) timeline.add(at, [at]);
    assert.deepEqual(valuesOf(timeline), [3, 4, 5, 6]);
  });

  test('coarsens: two points become their mean, and time goes on', () => {
    const timeline = new Timeline(1, 4, 1, 'coarsen');
    for (let at = 0; at < 6; at++) timeline.add(at, [at]);
    assert.deepEqual(valuesOf(timeline), [0.5, 2.5, 4.5]);
    assert.equal(timeline.secondsPerPoint, 2);
  });

  test('shows a peak, however few columns there are', () => {
    const timeline = new Timeline(1, 64, 1, 'forget');
    for (let at = 0; at < 60; at++) timeline.add(at, [at === 17 ? 9 : 1]);
    assert.equal(Math.max(...timeline.resampled(0, 5, Number.POSITIVE_INFINITY)), 9);
  });

  test('never holds more points than it may, and none that was not between what was added', () => {
    const run = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 40 }), value: fc.integer({ min: 1, max: 9 }) }),
    );
    fc.assert(
      fc.property(run, fc.constantFrom('coarsen', 'forget'), (added, whenFull) => {
        const timeline = new Timeline(1, 16, 1, whenFull);
        let at = 0;
        for (const { gap, value } of added) {
          at += gap;
          timeline.add(at, [value]);
        }
        const held = valuesOf(timeline);
        assert.ok(held.length <= 16);
        assert.equal(held.length > 0, added.length > 0);
        for (const value of held) assert.ok(Number.isNaN(value) || (value >= 1 && value <= 9), `${value}`);
      }),
    );
  });
});
