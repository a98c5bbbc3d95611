import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunEnd } from '../../src/commands/run-end.ts';
import { ManualClock } from '../sampling/manual-clock.ts';

/** Whether a promise has settled once all that is due has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe('the end of a run', () => {
  it('comes when its time is up', async () => {
    const clock = new ManualClock();
    const reached = new RunEnd().reached(10, clock, undefined);
    clock.advance(9.9);
    assert.equal(await settled(reached), false);
    clock.advance(0.1);
    assert.equal(await settled(reached), true);
  });

  it('does not come by itself where no time was given', async () => {
    const clock = new ManualClock();
    const reached = new RunEnd().reached(0, clock, undefined);
    clock.advance(1e6);
    assert.equal(await settled(reached), false);
  });

  it('comes with an interruption, or when what is followed is over', async () => {
    const end = new RunEnd();
    const reached = end.reached(0, new ManualClock(), undefined);
    end.interrupt();
    assert.equal(await settled(reached), true);
    assert.equal(await settled(new RunEnd().reached(0, new ManualClock(), Promise.resolve())), true);
  });

  it('is hurried by a second interruption only', async () => {
    const end = new RunEnd();
    end.interrupt();
    assert.equal(await settled(end.hurried), false);
    end.interrupt();
    assert.equal(await settled(end.hurried), true);
  });
});
