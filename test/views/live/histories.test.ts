import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histories } from '../../../src/views/live/model/histories.ts';
import { liveFrame, liveProcess, liveUnit } from './frames.ts';

test('new processes get the room of ended ones, also where there are thousands of each', () => {
  const histories = new Histories();
  const kept: number[] = [];
  for (let tick = 0; tick < 4; tick++) {
    const processes = Array.from({ length: 4900 }, (_, at) => liveProcess({ pid: 1, key: tick * 4900 + at }));
    histories.take(liveFrame({ atSeconds: tick, processes }), liveUnit());
    kept.push(processes.filter(({ key }) => histories.ofProcess(key) !== undefined).length);
  }
  assert.deepEqual(kept.slice(0, 2), [4900, 4900]);
  assert.ok(Math.min(...kept) > 4800, `${kept} of 4900 have a history`);
});
