import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Health } from '../../../src/telemetry/endpoint/health.ts';

describe('health', () => {
  let now: number;
  let intervalSeconds: number;
  let targetSeen: boolean;
  let counts: { delivered: number; failed: number };
  let health: Health;

  beforeEach(() => {
    now = 100;
    intervalSeconds = 0.5;
    targetSeen = true;
    counts = { delivered: 0, failed: 0 };
    health = new Health({
      nowSeconds: () => now,
      intervalSeconds: () => intervalSeconds,
      targetSeen: () => targetSeen,
      counts: () => counts,
    });
  });

  it('is well while samples are taken, and for a few seconds after one', () => {
    now = 105;
    assert.deepEqual(health.live(), { isWell: true, lines: [] });
    health.noteTick(105);
    now = 110;
    assert.equal(health.live().isWell, true);
    now = 110.1;
    assert.deepEqual(health.live(), {
      isWell: false,
      lines: ['no sample for 5.1 s, where one is due every 0.5 s'],
    });
    health.noteTick(110.1);
    assert.equal(health.live().isWell, true);
  });

  it('waits for three samples where they are far apart', () => {
    intervalSeconds = 60;
    now = 280;
    assert.equal(health.live().isWell, true);
    now = 280.1;
    assert.equal(health.live().isWell, false);
  });

  it('is ready once a target has been seen', () => {
    targetSeen = false;
    assert.deepEqual(health.ready().lines, ['none of the targets has been seen yet']);
    targetSeen = true;
    assert.equal(health.ready().isWell, true);
  });

  it('is not ready after a lost window, until one is delivered', () => {
    counts = { delivered: 3, failed: 0 };
    assert.equal(health.ready().isWell, true);
    counts = { delivered: 3, failed: 1 };
    assert.deepEqual(health.ready().lines, ['the last window of metrics was lost; the log says why']);
    assert.equal(health.live().isWell, true);
    // Nothing new is known.
    assert.equal(health.ready().isWell, false);
    counts = { delivered: 4, failed: 1 };
    health.noteTick(101);
    assert.equal(health.ready().isWell, true);
  });

  it('is not ready without samples', () => {
    now = 200;
    assert.deepEqual(health.ready(), {
      isWell: false,
      lines: ['no sample for 100.0 s, where one is due every 0.5 s'],
    });
  });
});
