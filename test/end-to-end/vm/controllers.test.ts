import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import type { RunResources } from '../../../src/ledger/document/run-resources.ts';
import { skipUnless } from '../../skip.ts';
import { assertNear, unitOf } from '../program/unitledger.ts';
import type { Payload, Reading, UnitFigures } from './controllers.ts';
import { canRunVm, runInVm } from './machine.ts';

/** Files are read one after the other, and a machine that is emulated takes its time. */
const SHARE = 0.1;

describe('on a machine with all v2 controllers, unitledger', skipUnless(canRunVm()), () => {
  let payload: Payload;
  let document: RunDocument;

  before(
    async () => {
      payload = (await runInVm(path.join(import.meta.dirname, 'payload.ts'))) as Payload;
      if (process.env.KEEP_PAYLOAD) writeFileSync(process.env.KEEP_PAYLOAD, JSON.stringify(payload));
      document = JSON.parse(payload.document) as RunDocument;
    },
    { timeout: 25 * 60_000 },
  );

  const resources = (unit: string): RunResources => unitOf(document, unit).resources!;

  /** What the kernel counted of a unit during the run. */
  function grown(unit: string, figure: keyof UnitFigures): number {
    const at = (iso: string) => {
      const millis = Date.parse(iso);
      const after = payload.trace.findIndex(({ atMillis }) => atMillis >= millis);
      const [b, a] = [payload.trace[Math.max(1, after)]!, payload.trace[Math.max(1, after) - 1]!];
      const value = (reading: Reading) => reading.units[unit]![figure]!;
      const share = (millis - a.atMillis) / (b.atMillis - a.atMillis);
      return value(a) + share * (value(b) - value(a));
    };
    return at(document.endedAt) - at(document.startedAt);
  }

  const last = (unit: string, figure: keyof UnitFigures) => payload.trace.at(-1)!.units[unit]![figure]!;

  /** The value of a series in the last window that was exported. */
  function exported(name: string, attributes: Readonly<Record<string, string>>): number | undefined {
    return valueIn(JSON.parse(payload.windows.at(-1)!), name, attributes);
  }

  test('reports how long a CPU limit throttled a unit, and how long its processes waited', () => {
    const unit = 'throttled.service';
    const seconds = grown(unit, 'throttledMicros') / 1e6;
    const { throttledSeconds, throttledPeriods, pressure } = resources(unit);
    assert.ok(seconds > 3, `${seconds} s`);
    assertNear(throttledSeconds!, seconds, seconds * SHARE, 'throttled');
    assert.ok(throttledPeriods! > 20);
    const waited = grown(unit, 'cpuPressureMicros') / 1e6;
    assertNear(pressure.cpu.someSeconds!, waited, waited * SHARE, 'waited for CPU');
    const attributes = { 'systemd.unit.name': unit };
    assert.ok(exported('unitledger.unit.cpu.throttled.time', attributes)! <= throttledSeconds!);
  });

  test('reports that a unit is over its memory limit, and how long it waited for memory', () => {
    const unit = 'squeezed.service';
    const { memoryEvents, memoryPeakBytes, pressure } = resources(unit);
    const events = grown(unit, 'highEvents');
    assert.ok(events > 10, `${events} events`);
    assertNear(memoryEvents.high!, events, events * 2 * SHARE, 'events');
    assert.equal(memoryPeakBytes, last(unit, 'peakBytes'));
    const waited = grown(unit, 'memoryPressureMicros') / 1e6;
    assertNear(pressure.memory.someSeconds!, waited, waited * SHARE, 'waited for memory');
    assert.equal(memoryEvents.oomKill, 0);
  });

  test('reports memory, its parts, threads and their limit as in the kernel files', () => {
    const unit = 'crowded.service';
    const named = { 'systemd.unit.name': unit };
    assert.equal(exported('unitledger.unit.thread.count', named), 6);
    assert.equal(exported('unitledger.unit.thread.limit', named), 32);
    assert.equal(exported('unitledger.unit.memory.usage', named), last(unit, 'memoryBytes'));
    assert.equal(exported('unitledger.unit.memory.peak', named), last(unit, 'peakBytes'));
    const anon = exported('unitledger.unit.memory.charged', { ...named, type: 'anon' });
    assert.equal(anon, last(unit, 'anonBytes'));
    assert.equal(resources(unit).memoryEvents.max, 0);
  });

  test('reports the writes of a unit by disk', () => {
    const unit = 'writing.service';
    const [disk, ...more] = resources(unit).disks!;
    assert.deepEqual(more, []);
    assert.equal(disk!.name, 'vda');
    const bytes = grown(unit, 'writtenBytes');
    assert.ok(bytes > 10_000_000, `${bytes} bytes`);
    assertNear(disk!.writeBytes, bytes, bytes * SHARE + 4_194_304, 'written');
    const attributes = { 'systemd.unit.name': unit, 'system.device': 'vda', 'disk.io.direction': 'write' };
    assert.ok(exported('unitledger.unit.disk.io', attributes)! > 0);
  });

  test('counts OOM kills, although the cgroup disappears with them', () => {
    const { instances } = unitOf(document, 'greedy.service');
    const { memoryEvents } = resources('greedy.service');
    assert.ok(instances > 2, `${instances} instances`);
    // Each was killed but the last.
    assertNear(memoryEvents.oomKill!, instances - 1, 1, 'killed');
    assertNear(memoryEvents.oom!, memoryEvents.oomKill!, 1, 'out of memory');
    assert.ok(memoryEvents.max! >= memoryEvents.oom!);
    assert.ok(payload.restarts >= memoryEvents.oomKill!);
  });
});

type Attributes = Readonly<Record<string, string>>;

/** A window as the console exporter prints it. A point that ends a series has no value. */
interface ConsoleWindow {
  readonly metrics: readonly {
    readonly name: string;
    readonly unit: string;
    readonly points: readonly { readonly attributes: Attributes; readonly value?: unknown }[];
  }[];
}

/**
 * The value of the series with these attributes; undefined where it has none. A series that begins has a 0 before it, one
 * that ends a point without a value after it.
 */
function valueIn(window: ConsoleWindow, name: string, attributes: Attributes): number | undefined {
  const points = window.metrics.find((metric) => metric.name === name)?.points ?? [];
  const keys = Object.entries(attributes);
  const found = points.findLast(
    (point) => point.value !== undefined && keys.every(([key, value]) => point.attributes[key] === value),
  );
  return found?.value as number | undefined;
}
