import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataPoint, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { UnitWindow } from '../../src/ledger/export-window.ts';
import { chooseMetrics } from '../../src/telemetry/catalogue.ts';
import { Recorder } from '../../src/telemetry/recorder.ts';
import type { Temporality } from '../../src/telemetry/temporality.ts';
import { RecordedLog } from './recorded-log.ts';
import { executableWindow, exportWindow, SELF, STARTED, unitWindow, usageOf } from './windows.ts';

const NAME = 'systemd.unit.name';
const WINDOWS = 40;
const self = { ...SELF, deliveredWindows: 0, failedWindows: 0, rejectedPoints: 0 };

/** One unit stays, and in each window twenty others come that are gone in the next. */
async function run(temporality: Temporality, mostDeadUnits: number): Promise<ResourceMetrics[]> {
  const recorder = new Recorder({
    metrics: chooseMetrics(),
    resource: { version: '1', hostName: 'h', osVersion: '6', instanceId: 'i' },
    temporality,
    histogramAggregation: 'explicit_bucket_histogram',
    startedUnixMillis: STARTED,
    log: new RecordedLog(),
    mostDeadUnits,
  });
  const collected: ResourceMetrics[] = [];
  for (let at = 1; at <= WINDOWS; at++) {
    const guests = Array.from({ length: 20 }, (_, i) => guest(`run-r${at}-${i}.service`));
    const stays = unitWindow({
      cpuSeconds: { live: at, exited: 0, reaped: 0, unattributed: null },
      executables: [executableWindow({ cpuSeconds: at })],
    });
    const units = [stays, ...guests];
    recorder.recordTick(
      usageOf(
        units.map(({ unit }) => unit),
        [{ unit: 0, cpuSeconds: 0.25 }],
      ),
      null,
    );
    collected.push(await recorder.collectWindow({ window: exportWindow(at, units), self }));
  }
  return collected;
}

function guest(unit: string): UnitWindow {
  return unitWindow({ unit, executables: [executableWindow()] });
}

function pointsOf(metrics: ResourceMetrics, name: string): DataPoint<unknown>[] {
  const all = metrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return all
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }) => dataPoints as DataPoint<unknown>[]);
}

const millisOf = ([seconds, nanos]: readonly [number, number]) => seconds * 1000 + nanos / 1e6;

function liveOf(metrics: ResourceMetrics): DataPoint<number> {
  const found = pointsOf(metrics, 'unitledger.unit.cpu.time').filter(
    ({ attributes }) => attributes[NAME] === 'nginx.service' && attributes.booking === 'live',
  );
  assert.equal(found.length, 1);
  return found[0] as DataPoint<number>;
}

test('of units that are gone no point is left, and no window has more than those before', async () => {
  const collected = await run('cumulative', 100);
  for (const [at, metrics] of collected.entries()) {
    for (const name of [
      'unitledger.unit.cpu.time',
      'unitledger.unit.present',
      'unitledger.executable.cpu.time',
    ]) {
      const units = new Set(pointsOf(metrics, name).map(({ attributes }) => String(attributes[NAME])));
      assert.equal(units.size, 21, `${name} in window ${at + 1}`);
      assert.ok(units.has(`run-r${at + 1}-19.service`));
    }
  }
});

test('cumulative counters go on as they were when the SDK is made anew', async () => {
  const collected = await run('cumulative', 100);
  assert.deepEqual(
    collected.map((metrics) => liveOf(metrics).value),
    Array.from({ length: WINDOWS }, (_, at) => at + 1),
  );
  assert.equal(new Set(collected.map((metrics) => millisOf(liveOf(metrics).startTime))).size, 1);
});

test('deltas add up to what was counted, each from the end of the window before', async () => {
  const collected = await run('delta', 100);
  assert.deepEqual(
    collected.map((metrics) => liveOf(metrics).value),
    Array.from({ length: WINDOWS }, () => 1),
  );
  for (const [at, metrics] of collected.entries()) {
    if (at > 0) assert.deepEqual(liveOf(metrics).startTime, liveOf(collected[at - 1]!).endTime);
  }
});

test('histograms begin again when the SDK is made anew, with a start that says so, and lose no sample', async () => {
  const collected = await run('cumulative', 100);
  const points = collected.map((metrics) => {
    const [point, ...more] = pointsOf(metrics, 'unitledger.sample.cpu.usage');
    assert.deepEqual(more, []);
    return point as DataPoint<{ count: number }>;
  });
  let samples = 0;
  let restarts = 0;
  for (const [at, { startTime, value }] of points.entries()) {
    const before = points[at - 1];
    if (before !== undefined && millisOf(before.startTime) !== millisOf(startTime)) {
      assert.deepEqual(startTime, before.endTime);
      restarts++;
      samples += before.value.count;
    }
    assert.ok(value.count >= 1);
  }
  assert.equal(samples + points.at(-1)!.value.count, WINDOWS);
  assert.ok(restarts >= 5 && restarts <= 10, `${restarts} times in ${WINDOWS} windows of 20 units`);
});

test('the SDK is not made anew as long as few units are gone', async () => {
  const collected = await run('cumulative', WINDOWS * 20);
  const starts = collected.map((metrics) =>
    millisOf(pointsOf(metrics, 'unitledger.sample.cpu.usage')[0]!.startTime),
  );
  assert.equal(new Set(starts).size, 1);
});
