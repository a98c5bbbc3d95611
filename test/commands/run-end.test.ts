import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunEnd } from '../../src/commands/run-end.ts';

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
  it('does not come without a cause', async () => {
    assert.equal(await settled(new RunEnd().reached()), false);
    assert.equal(await settled(new RunEnd().reached(new Promise(() => {}))), false);
  });

  it('comes with an interruption, or when all targets are over', async () => {
    const end = new RunEnd();
    const reached = end.reached();
    end.interrupt();
    assert.equal(await settled(reached), true);
    assert.equal(await settled(new RunEnd().reached(new Promise(() => {}), Promise.resolve())), true);
  });

  it('is hastened by a second interruption only', async () => {
    const end = new RunEnd();
    end.interrupt();
    assert.equal(await settled(end.hurried), false);
    end.interrupt();
    assert.equal(await settled(end.hurried), true);
  });
});
