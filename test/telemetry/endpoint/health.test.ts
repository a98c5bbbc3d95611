import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Health } from '../../../src/telemetry/endpoint/health.ts';
import { DeliveryTally } from '../../../src/telemetry/export/outcome-log.ts';

describe('health', () => {
  let now: number;
  let intervalSeconds: number;
  let targetSeen: boolean;
  let tally: DeliveryTally;
  let waiting: number;
  let health: Health;

  beforeEach(() => {
    now = 100;
    intervalSeconds = 0.5;
    targetSeen = true;
    tally = new DeliveryTally();
    waiting = 0;
    health = new Health({
      nowSeconds: () => now,
      intervalSeconds: () => intervalSeconds,
      targetSeen: () => targetSeen,
      delivery: () => tally.counts({ length: waiting, bytes: 0 }),
    });
  });

  it('is good while samples are taken, and for a few seconds after one', () => {
    now = 105;
    assert.deepEqual(health.live(), { isWell: true, lines: [] });
    health.noteTick(105);
    now = 110;
    assert.equal(health.live().isWell, true);
    now = 110.1;
    assert.deepEqual(health.live(), {
      isWell: false,
      lines: ['no sample for 5.1 s; one is due every 0.5 s'],
    });
    health.noteTick(110.1);
    assert.equal(health.live().isWell, true);
  });

  it('waits for three samples if they are far apart', () => {
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

  it('is ready while windows are buffered for an unavailable collector, and reports their number', () => {
    tally.away();
    waiting = 12;
    assert.deepEqual(health.ready(), { isWell: true, lines: ['buffering 12 windows'] });
    tally.delivered();
    assert.deepEqual(health.ready(), { isWell: true, lines: [] });
  });

  it('is not ready while windows are lost, until one is delivered', () => {
    tally.delivered();
    assert.equal(health.ready().isWell, true);
    tally.setAside('HTTP 400');
    assert.deepEqual(health.ready(), {
      isWell: false,
      lines: ['delivery is failing: HTTP 400; metrics are being lost'],
    });
    assert.equal(health.live().isWell, true);
    // That the collector is away as well makes nothing better.
    tally.away();
    assert.equal(health.ready().isWell, false);
    tally.delivered();
    assert.equal(health.ready().isWell, true);
  });

  it('is not ready without samples', () => {
    now = 200;
    assert.deepEqual(health.ready(), {
      isWell: false,
      lines: ['no sample for 100.0 s; one is due every 0.5 s'],
    });
  });
});
