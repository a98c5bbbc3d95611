import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SampleScheduler } from '../../src/sampling/sample-scheduler.ts';
import { ManualClock } from './manual-clock.ts';

function scheduled(intervalSeconds: number, work: (clock: ManualClock, tick: number) => void = () => {}) {
  const clock = new ManualClock();
  const times: number[] = [];
  const scheduler = new SampleScheduler(clock, intervalSeconds, () => {
    times.push(clock.monotonicSeconds());
    work(clock, times.length - 1);
  });
  return { clock, times, scheduler };
}

describe('the scheduler of sampling', () => {
  it('ticks at once and then at every interval', () => {
    const { clock, times, scheduler } = scheduled(0.5);
    scheduler.start();
    clock.advance(2);
    assert.deepEqual(times, [0, 0.5, 1, 1.5, 2]);
  });

  it('does not drift when ticks take time', () => {
    const { clock, times, scheduler } = scheduled(0.5, (spent) => spent.spend(0.2));
    scheduler.start();
    clock.advance(2);
    assert.deepEqual(times, [0, 0.5, 1, 1.5, 2]);
    assert.equal(scheduler.missed, 0);
  });

  it('skips and counts the ticks whose time passed during a slow one, and never overlaps', () => {
    const { clock, times, scheduler } = scheduled(0.5, (spent, tick) => {
      if (tick === 1) spent.spend(1.3);
    });
    scheduler.start();
    clock.advance(3);
    assert.deepEqual(times, [0, 0.5, 2, 2.5, 3]);
    assert.equal(scheduler.missed, 2);
  });

  it('counts what a stop of 30 s cost once it goes on', () => {
    const { clock, times, scheduler } = scheduled(0.5);
    scheduler.start();
    clock.advance(1);
    clock.spend(30);
    clock.advance(1);
    assert.deepEqual(times, [0, 0.5, 1, 31, 31.5, 32]);
    assert.equal(scheduler.missed, 59);
  });

  it('keeps to the beat of its first tick when something else comes before the second', () => {
    const { clock, times, scheduler } = scheduled(0.5);
    scheduler.begin();
    clock.advance(0.7);
    assert.deepEqual(times, [0]);
    scheduler.proceed();
    clock.advance(0.8);
    assert.deepEqual(times, [0, 1, 1.5]);
    assert.equal(scheduler.missed, 1);
  });

  it('throttled, ticks at every third time of the same grid, and counts those between as they pass', () => {
    const { clock, times, scheduler } = scheduled(0.5, (_, tick) => {
      if (tick === 1) scheduler.throttle = 3;
      if (tick === 3) scheduler.throttle = 1;
    });
    scheduler.start();
    assert.equal(scheduler.intervalSeconds, 0.5);
    clock.advance(1.9);
    assert.equal(scheduler.intervalSeconds, 1.5);
    assert.equal(scheduler.throttled, 0);
    clock.advance(2.1);
    assert.deepEqual(times, [0, 0.5, 2, 3.5, 4]);
    assert.deepEqual([scheduler.throttled, scheduler.missed], [4, 0]);
  });

  it('misses only what it would have taken when it is throttled', () => {
    const { clock, times, scheduler } = scheduled(0.5, (spent, tick) => {
      if (tick === 0) scheduler.throttle = 4;
      if (tick === 1) spent.spend(4.5);
    });
    scheduler.start();
    clock.advance(10);
    assert.deepEqual(times, [0, 2, 8, 10]);
    assert.equal(scheduler.missed, 2);
    assert.equal(times.length + scheduler.missed + scheduler.throttled, 21);
  });

  it('ends when it is stopped, from within a tick too', () => {
    const { clock, times, scheduler } = scheduled(0.5, (_, tick) => {
      if (tick === 2) scheduler.stop();
    });
    scheduler.start();
    clock.advance(5);
    assert.deepEqual(times, [0, 0.5, 1]);
  });
});
