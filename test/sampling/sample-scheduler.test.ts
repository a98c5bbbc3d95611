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

describe('the sample scheduler', () => {
  it('ticks immediately and then at every interval', () => {
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

  it('counts the cost of a stop of 30 s when it continues', () => {
    const { clock, times, scheduler } = scheduled(0.5);
    scheduler.start();
    clock.advance(1);
    clock.spend(30);
    clock.advance(1);
    assert.deepEqual(times, [0, 0.5, 1, 31, 31.5, 32]);
    assert.equal(scheduler.missed, 59);
  });

  it('keeps the beat of its first tick if something else comes before the second', () => {
    const { clock, times, scheduler } = scheduled(0.5);
    scheduler.begin();
    clock.advance(0.7);
    assert.deepEqual(times, [0]);
    scheduler.proceed();
    clock.advance(0.8);
    assert.deepEqual(times, [0, 1, 1.5]);
    assert.equal(scheduler.missed, 1);
  });

  it('throttled, ticks at every third time of the same grid, and counts the times between as they pass', () => {
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

  it('misses only the samples that it would have taken when it is throttled', () => {
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

  it('ends when it is stopped, also within a tick', () => {
    const { clock, times, scheduler } = scheduled(0.5, (_, tick) => {
      if (tick === 2) scheduler.stop();
    });
    scheduler.start();
    clock.advance(5);
    assert.deepEqual(times, [0, 0.5, 1]);
  });

  describe('with a duration', () => {
    /** When samples are taken, and which of them is said to be the last. */
    function timed(
      intervalSeconds: number,
      durationSeconds: number,
      work: (clock: ManualClock, tick: number, scheduler: SampleScheduler) => void = () => {},
    ) {
      const clock = new ManualClock();
      const times: number[] = [];
      const last: number[] = [];
      const take = (isLast: boolean) => {
        const now = Number(clock.monotonicSeconds().toFixed(9));
        times.push(now);
        if (isLast) last.push(now);
        work(clock, times.length - 1, scheduler);
      };
      const scheduler = new SampleScheduler(clock, intervalSeconds, take, durationSeconds);
      return { clock, times, last, scheduler };
    }

    for (const { interval, duration, expected } of [
      { interval: 1, duration: 3, expected: [0, 1, 2, 3] },
      { interval: 0.1, duration: 0.3, expected: [0, 0.1, 0.2, 0.3] },
      { interval: 0.5, duration: 1.2, expected: [0, 0.5, 1, 1.2] },
      { interval: 2, duration: 0.5, expected: [0, 0.5] },
      { interval: 1, duration: 1, expected: [0, 1] },
    ]) {
      it(`takes samples at ${expected.join(', ')} s of ${duration} s at intervals of ${interval} s`, async () => {
        const { clock, times, last, scheduler } = timed(interval, duration);
        scheduler.start();
        clock.advance(100);
        assert.deepEqual(times, expected);
        assert.deepEqual(last, [duration]);
        assert.deepEqual([scheduler.missed, scheduler.throttled], [0, 0]);
        await scheduler.finished;
      });
    }

    it('counts it from the first sample, whatever is loaded before the second', () => {
      const { clock, times, scheduler } = timed(1, 3);
      clock.spend(7);
      scheduler.begin();
      clock.advance(0.4);
      scheduler.proceed();
      clock.advance(100);
      assert.deepEqual(times, [7, 8, 9, 10]);
    });

    it('takes 51 samples of 1 s at intervals of 20 ms', () => {
      const { clock, times, scheduler } = timed(0.02, 1);
      scheduler.start();
      clock.advance(100);
      assert.equal(times.length, 51);
      assert.equal(scheduler.missed, 0);
    });

    it('ends on time when it is throttled, and every time of the grid is taken or left out', () => {
      const { clock, times, last, scheduler } = timed(1, 10, (_, tick, { throttle }) => {
        if (tick === 0 && throttle === 1) scheduler.throttle = 4;
      });
      scheduler.start();
      clock.advance(100);
      assert.deepEqual(times, [0, 4, 8, 10]);
      assert.deepEqual(last, [10]);
      assert.equal(times.length + scheduler.throttled, 11);
      assert.equal(scheduler.missed, 0);
    });

    it('counts the samples missed by a stop of the program, also one that lasts beyond the end', () => {
      const inside = timed(1, 10);
      inside.scheduler.start();
      inside.clock.advance(2);
      inside.clock.spend(4.5);
      inside.clock.advance(100);
      assert.deepEqual(inside.times, [0, 1, 2, 6.5, 7, 8, 9, 10]);
      assert.equal(inside.times.length + inside.scheduler.missed, 11);
      const beyond = timed(1, 10);
      beyond.scheduler.start();
      beyond.clock.advance(2);
      beyond.clock.spend(30);
      beyond.clock.advance(100);
      assert.deepEqual(beyond.times, [0, 1, 2, 32]);
      assert.deepEqual(beyond.last, [32]);
      assert.equal(beyond.times.length + beyond.scheduler.missed, 11);
    });

    it('counts the samples missed by a slow one, also one that lasts beyond the end', () => {
      const { clock, times, last, scheduler } = timed(1, 5, (spent, tick) => {
        if (tick === 2) spent.spend(20);
      });
      scheduler.start();
      clock.advance(100);
      assert.deepEqual(times, [0, 1, 2, 22]);
      assert.deepEqual(last, [22]);
      assert.equal(times.length + scheduler.missed, 6);
    });
  });
});
