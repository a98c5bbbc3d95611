import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../sampling/manual-clock.ts';
import { SimulatedCollector } from './simulated-collector.ts';
import { SimulatedSidecar } from './simulated-sidecar.ts';
import { temporaryDirectory } from './spool/temporary-directory.ts';

const WINDOW_SECONDS = 10;
const OUTAGE_WINDOWS = 360;

/** Windows that a collector takes in each interval after an hour's outage, from its first on until nothing waits. */
async function takenAnInterval(latencySeconds: number, spoolPath: string | null): Promise<number[]> {
  const clock = new ManualClock();
  const collector = new SimulatedCollector(latencySeconds);
  collector.weather = 'down';
  const sidecar = new SimulatedSidecar({ clock, collector, encoding: 'json', spoolPath });
  let sequence = 0;
  const interval = async () => {
    sidecar.closeWindow(++sequence);
    await clock.pass(WINDOW_SECONDS);
  };
  while (sequence < OUTAGE_WINDOWS) await interval();
  assert.equal(sidecar.delivery.counts.spooled, OUTAGE_WINDOWS);
  collector.weather = 'up';
  while (collector.taken.length === 0) await clock.pass(0.25);
  const taken: number[] = [];
  while (sidecar.delivery.counts.spooled > 0) {
    const before = collector.taken.length;
    await interval();
    taken.push(collector.taken.length - before);
  }
  const { delivered, failed } = sidecar.delivery.counts;
  assert.deepEqual({ delivered, failed }, { delivered: sequence, failed: 0 });
  sidecar.kill();
  return taken;
}

/** Of memory and of a spool. */
function places(t: TestContext): readonly (string | null)[] {
  return [null, temporaryDirectory(t)];
}

test('a backlog of an hour is delivered within one interval if the collector answers in milliseconds', async (t) => {
  for (const place of places(t)) {
    const taken = await takenAnInterval(0.005, place);
    assert.equal(taken.length, 1);
  }
});

test('a backlog drains at ten times the pace of new windows if the collector takes somewhat less than a tenth of an interval for each', async (t) => {
  for (const place of places(t)) {
    const taken = await takenAnInterval(WINDOW_SECONDS * 0.095, place);
    // The last interval has what was left.
    for (const windows of taken.slice(0, -1)) assert.ok(windows >= 10, `${taken}`);
    assert.ok(taken.length <= Math.ceil(OUTAGE_WINDOWS / 9), `${taken.length}`);
  }
});
