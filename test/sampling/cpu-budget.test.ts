import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CpuBudget, type CpuBudgetOptions } from '../../src/sampling/cpu-budget.ts';
import { SampleScheduler } from '../../src/sampling/sample-scheduler.ts';
import { ManualClock } from './manual-clock.ts';

/** CPU seconds of the program itself: those of each tick, and those of each second whatever the ticks. */
interface Load {
  readonly perTick: number;
  readonly perSecond: number;
}

/** A scheduled program with a budget, and a load that may be changed. */
function held(options: Partial<CpuBudgetOptions>, load: Load) {
  const { intervalSeconds = 0.5 } = options;
  const clock = new ManualClock();
  const budget = new CpuBudget({ percent: 2, intervalSeconds, longestSeconds: 10, ...options });
  const throttles: number[] = [];
  const states: string[] = ['requested'];
  const held = {
    clock,
    budget,
    load,
    throttles,
    states,
    tickedAtSeconds: 0,
    scheduler: null as unknown as SampleScheduler,
  };
  let perTickTotal = 0;
  let perSecondTotal = 0;
  let beforeSeconds = 0;
  held.scheduler = new SampleScheduler(clock, intervalSeconds, () => {
    const now = clock.monotonicSeconds();
    perTickTotal += held.load.perTick;
    perSecondTotal += held.load.perSecond * (now - beforeSeconds);
    beforeSeconds = now;
    held.tickedAtSeconds = now;
    budget.note(now, perTickTotal + perSecondTotal);
    held.scheduler.throttle = budget.throttle;
    throttles.push(budget.throttle);
    if (states.at(-1) !== budget.state) states.push(budget.state);
  });
  held.scheduler.start();
  return held;
}

describe('the CPU budget', () => {
  it('keeps the interval while the program is within it', () => {
    const { clock, scheduler, states, throttles } = held({}, { perTick: 0.009, perSecond: 0 });
    clock.advance(600);
    assert.deepEqual(states, ['requested']);
    assert.ok(throttles.every((each) => each === 1));
    assert.equal(scheduler.throttled, 0);
  });

  it('throttles the interval until the program is within it, and reports its use', () => {
    const run = held({}, { perTick: 0.05, perSecond: 0 });
    run.clock.advance(600);
    assert.deepEqual(run.states, ['requested', 'throttled']);
    assert.equal(run.budget.throttle, 5);
    assert.ok(run.budget.usedPercent <= 2.001, `${run.budget.usedPercent} %`);
    assert.ok(run.scheduler.throttled > 0);
    assert.equal(run.scheduler.missed, 0);
    assert.equal(run.scheduler.intervalSeconds, 2.5);
  });

  it('doubles the interval at most in one step', () => {
    const { clock, throttles } = held({}, { perTick: 0.5, perSecond: 0 });
    clock.advance(600);
    assert.deepEqual([...new Set(throttles)], [1, 2, 4, 8, 16]);
  });

  it('returns to the requested interval once the load has been gone for a while, and not earlier', () => {
    const run = held({}, { perTick: 0.05, perSecond: 0 });
    run.clock.advance(600);
    run.load = { perTick: 0.001, perSecond: 0 };
    run.clock.advance(25);
    assert.equal(run.budget.throttle, 5);
    run.clock.advance(600);
    assert.deepEqual(run.states, ['requested', 'throttled', 'requested']);
    assert.equal(run.budget.throttle, 1);
    assert.equal(run.scheduler.intervalSeconds, 0.5);
  });

  it('reports that even the longest interval exceeds it', () => {
    const run = held({}, { perTick: 0, perSecond: 0.05 });
    run.clock.advance(600);
    assert.deepEqual(run.states, ['requested', 'throttled', 'exhausted']);
    assert.equal(run.budget.throttle, 16);
    run.load = { perTick: 0, perSecond: 0 };
    run.clock.advance(600);
    assert.equal(run.states.at(-1), 'requested');
  });

  it('takes no interval longer than an export window, so that each window has a sample', () => {
    const run = held({ intervalSeconds: 0.1, longestSeconds: 0.3 }, { perTick: 1, perSecond: 0 });
    run.clock.advance(120);
    assert.equal(run.budget.throttle, 3);
    const none = held({ intervalSeconds: 20, longestSeconds: 10 }, { perTick: 10, perSecond: 0 });
    none.clock.advance(1200);
    assert.equal(none.budget.throttle, 1);
    assert.equal(none.budget.state, 'exhausted');
  });

  it('does not react to one costly tick', () => {
    const run = held({}, { perTick: 0.005, perSecond: 0 });
    run.clock.advance(50);
    run.load = { perTick: 0.09, perSecond: 0 };
    run.clock.advance(0.5);
    run.load = { perTick: 0.005, perSecond: 0 };
    run.clock.advance(100);
    assert.deepEqual(run.states, ['requested']);
  });

  it('stays within its bounds and counts no interval twice, under any load', () => {
    const loads = fc.array(
      fc.record({
        perTick: fc.double({ min: 0, max: 2, noNaN: true }),
        perSecond: fc.double({ min: 0, max: 0.5, noNaN: true }),
        seconds: fc.integer({ min: 1, max: 200 }),
        stoppedSeconds: fc.nat(30),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 60 }), (steps, longest) => {
        const run = held({ longestSeconds: longest / 4 }, steps[0]!);
        const most = Math.max(1, Math.min(16, Math.floor(longest / 2)));
        for (const { seconds, stoppedSeconds, ...load } of steps) {
          run.load = load;
          run.clock.advance(seconds);
          run.clock.spend(stoppedSeconds);
        }
        for (const [at, throttle] of run.throttles.entries()) {
          assert.ok(
            Number.isInteger(throttle) && throttle >= 1 && throttle <= most,
            `${throttle} of ${most}`,
          );
          const before = run.throttles[at - 1] ?? 1;
          assert.ok(throttle <= 2 * before && throttle >= before / 2, `${before} to ${throttle}`);
        }
        // Once a tick is in time again, every beat up to it was taken, missed or left out.
        run.clock.advance(60);
        const { missed, throttled } = run.scheduler;
        assert.equal(run.throttles.length + missed + throttled, Math.round(run.tickedAtSeconds / 0.5) + 1);
      }),
    );
  });

  it('does not oscillate: under a constant load it throttles no more once it has settled, and never goes back', () => {
    const load = fc.record({
      perTick: fc.double({ min: 0, max: 0.5, noNaN: true }),
      perSecond: fc.double({ min: 0, max: 0.05, noNaN: true }),
    });
    fc.assert(
      fc.property(load, load, (first, then) => {
        const run = held({}, first);
        run.clock.advance(1500);
        assert.ok(isRising(run.throttles), `from the start: ${changes(run.throttles)}`);
        const settled = run.throttles.length;
        run.load = then;
        run.clock.advance(3000);
        const after = run.throttles.slice(settled);
        // The while of the change holds some of both; from there on it goes one way.
        assert.ok(isRising(after) || isRising([...after].reverse()), `after a change: ${changes(after)}`);
        assert.equal(new Set(after.slice(-20)).size, 1, `settled: ${changes(after)}`);
      }),
    );
  });
});

function isRising(values: readonly number[]): boolean {
  return values.every((value, at) => at === 0 || value >= values[at - 1]!);
}

function changes(values: readonly number[]): string {
  return values.filter((value, at) => value !== values[at - 1]).join(' ');
}
