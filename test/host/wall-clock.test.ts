import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WallClock } from '../../src/host/wall-clock.ts';

const START_MILLIS = 1_700_000_000_000;

/** A machine whose wall clock is set by hand. */
function machine() {
  const now = { seconds: 100, offsetMillis: START_MILLIS };
  const steps: number[] = [];
  const clock = {
    monotonicSeconds: () => now.seconds,
    unixMillis: () => Math.floor(now.offsetMillis + now.seconds * 1000),
  };
  const wall = new WallClock(clock, (step) => steps.push(Math.round(step * 1000) / 1000));
  const follow = (seconds: number) => {
    now.seconds += seconds;
    return wall.follow(now.seconds);
  };
  return { now, steps, wall, follow, wallMillis: () => now.offsetMillis + now.seconds * 1000 };
}

describe('the wall-clock times of a run', () => {
  it('differ by the monotonic time, whatever the resolution of the wall clock', () => {
    const { follow } = machine();
    const first = follow(0.5);
    assert.equal(follow(0.0205) - first, 20.5);
    assert.equal(follow(1) - first, 1020.5);
  });

  it('follow a slewed clock silently', () => {
    const { now, steps, follow, wallMillis } = machine();
    for (let i = 0; i < 100; i++) {
      now.offsetMillis += i % 2 === 0 ? 3 : -2;
      follow(0.5);
    }
    assert.ok(Math.abs(follow(0.5) - wallMillis()) <= 2);
    assert.deepEqual(steps, []);
  });

  it('follow a step forward immediately, and report it once with its size', () => {
    const { now, steps, follow, wallMillis } = machine();
    follow(0.5);
    now.offsetMillis += 86_400_000;
    assert.ok(Math.abs(follow(0.5) - wallMillis()) <= 1);
    follow(0.5);
    assert.deepEqual(steps, [86_400]);
  });

  it('only increase after a step back, at half speed, until the clock has caught up', () => {
    const { now, steps, wall, follow, wallMillis } = machine();
    const last = follow(0.5);
    now.offsetMillis -= 60_000;
    let before = last;
    for (let i = 0; i < 60; i++) {
      const unixMillis = follow(1);
      assert.equal(unixMillis - before, 500);
      before = unixMillis;
    }
    assert.equal(before - wallMillis(), 30_000);
    assert.equal(wall.currentUnixMillis(now.seconds), wallMillis());
    follow(61);
    assert.ok(Math.abs(follow(0.5) - wallMillis()) <= 1);
    assert.deepEqual(steps, [-60]);
  });

  it('always increase, and are never behind the wall clock, whatever is done to it', () => {
    const change = fc.oneof(
      fc.constant(0),
      fc.integer({ min: -90, max: 90 }),
      fc.integer({ min: -1e8, max: 1e8 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(change, fc.integer({ min: 1, max: 60_000 })), { maxLength: 50 }),
        (ticks) => {
          const { now, follow, wallMillis } = machine();
          let before = follow(0.5);
          for (const [millis, passed] of ticks) {
            now.offsetMillis += millis;
            const unixMillis = follow(passed / 1000);
            assert.ok(unixMillis > before, `${unixMillis} after ${before}`);
            assert.ok(unixMillis > wallMillis() - 2);
            before = unixMillis;
          }
        },
      ),
    );
  });
});
