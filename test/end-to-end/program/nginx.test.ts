import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { RunUnit } from '../../../src/ledger/document/run-document.ts';
import { BOOKINGS } from '../../../src/ledger/window/export-window.ts';
import { skipUnless } from '../../skip.ts';
import { type OtlpReceiver, otlpReceiverAvailable, startOtlpReceiver } from '../otlp-receiver.ts';
import { pointsOf, type ReceivedPoint } from '../otlp-request.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import * as services from '../systemd/services.ts';
import { readUnit, type UnitTruth, type UsedTruth, usedBetween } from '../truth.ts';
import { assertNear, documentOf, type Ended, startUnitledger, unitOf } from './unitledger.ts';

const DURATION_SECONDS = 6;
const EXPORT_SECONDS = 2;
const LOAD_SECONDS = 3;
/** `utime` and `stime` are each cut down to ticks of 10 ms. */
const TICKS_TOLERANCE_SECONDS = 0.02;
const PAGE_BYTES = 4096;

describe('unitledger on an nginx under load', { skip: skipLab() }, () => {
  let lab: SystemdLab;
  let receiver: OtlpReceiver | undefined;
  let truth: { readonly before: UnitTruth; readonly after: UnitTruth; readonly used: UsedTruth };
  let ended: Ended;
  let unit: RunUnit;
  /** Of each window, in order. */
  let windows: ReceivedPoint[][];

  before(
    async () => {
      lab = await bootSystemd();
      if (otlpReceiverAvailable() === true) receiver = await startOtlpReceiver();
      await services.startNginx(lab);
      // So that the workers have what memory they use.
      await lab.output(['ab', '-q', '-n', '2000', '-c', '16', 'http://127.0.0.1/']);
      await run();
      unit = unitOf(documentOf(ended), 'nginx.service');
      windows = (receiver?.requests ?? []).map(({ body }) => pointsOf(body));
    },
    { timeout: 20 * 60_000 },
  );
  after(async () => {
    await receiver?.stop();
    await lab?.stop();
  });

  /** All load comes after the first sample and ends before the last: outside of the run nginx does nothing. */
  async function run(): Promise<void> {
    const cgroup = (await lab.cgroupOf('nginx.service'))!;
    const before = await readUnit(cgroup);
    const times = ['--duration', String(DURATION_SECONDS), '--export-interval', String(EXPORT_SECONDS)];
    const args = ['--cgroup-root', lab.cgroupRoot, '--service', 'nginx', '--summary', 'json', ...times];
    const environment: Record<string, string> =
      receiver === undefined
        ? {}
        : { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    const program = startUnitledger(args, { environment });
    await program.watches((await lab.mainPid('nginx.service'))!);
    const [code] = await once(services.loadNginx(lab, LOAD_SECONDS), 'exit');
    assert.equal(code, 0, 'the load');
    const after = await readUnit(cgroup);
    ended = await program.ended;
    truth = { before, after, used: usedBetween(before, after) };
  }

  const seriesAt = (points: readonly ReceivedPoint[], name: string) =>
    points.filter((point) => point.name === name);
  const last = (name: string) => seriesAt(windows.at(-1)!, name);
  const sum = (points: readonly ReceivedPoint[]) => points.reduce((total, { value }) => total + value, 0);
  const ofPid = (points: readonly ReceivedPoint[], pid: number) =>
    points.filter((point) => point.attributes['process.pid'] === pid);

  test('the total matches cpu.stat', (t) => {
    const { cpuSeconds } = truth.used;
    t.diagnostic(`cpu.stat ${cpuSeconds} s, summary ${JSON.stringify(unit.cpu)}`);
    assert.ok(cpuSeconds > 0.1, `the load used ${cpuSeconds} s`);
    assertNear(unit.cpu.totalSeconds!, cpuSeconds, cpuSeconds * 0.02, 'total');
  });

  test('the rows cover it', () => {
    assert.ok(unit.cpu.coverage! >= 0.98 && unit.cpu.coverage! <= 1.02, `coverage ${unit.cpu.coverage}`);
    const rows = unit.processes.reduce((total, row) => total + row.cpuSeconds + row.reapedCpuSeconds, 0);
    assertNear(rows, unit.cpu.attributedSeconds, 1e-9, 'sum of the rows');
    const { reapedOutsideSeconds, unknownSeconds } = unit.cpu.unattributed!;
    const unattributed = Math.max(0, unit.cpu.totalSeconds! - unit.cpu.attributedSeconds);
    assertNear(reapedOutsideSeconds! + unknownSeconds, unattributed, 1e-9, 'unattributed');
  });

  test('every process has its row, with its PID, name and parent, and there are no others', () => {
    const wanted = [...truth.after.processes.values()];
    assert.ok(wanted.length >= 3, 'a master and two workers');
    assert.deepEqual(
      unit.processes.map(({ pid, name, ppid }) => [pid, name, ppid]).sort(),
      wanted.map(({ pid, comm, ppid }) => [pid, comm.toString(), ppid]).sort(),
    );
    assert.equal(unit.instances, 1);
    assert.equal(unit.cgroup, '/system.slice/nginx.service');
    assert.deepEqual(unit.exited, []);
  });

  test('own CPU matches /proc/PID/stat, to a tick', () => {
    for (const row of unit.processes) {
      const used = truth.used.processes.find(({ pid }) => pid === row.pid)!;
      assertNear(row.cpuSeconds, used.ownCpuSeconds, TICKS_TOLERANCE_SECONDS, `CPU of PID ${row.pid}`);
      assert.equal(row.reapedCpuSeconds, 0);
    }
  });

  test('memory matches statm, to a page for an idle process', () => {
    const idle = unit.processes.filter(({ cpuSeconds }) => cpuSeconds === 0);
    assert.equal(idle.length, 1, 'the master');
    for (const row of unit.processes) {
      const then = truth.before.processes.get(row.pid)!.residentBytes;
      const now = truth.after.processes.get(row.pid)!.residentBytes;
      const { min, max } = row.memoryBytes!;
      const pages = (idle.includes(row) ? 1 : 8) * PAGE_BYTES;
      assert.ok(min >= then - pages, `PID ${row.pid}: ${min} is the least, and it had ${then}`);
      assertNear(max, now, pages, `largest RSS of PID ${row.pid}`);
    }
  });

  test('bytes match /proc/PID/io', () => {
    for (const row of unit.processes) {
      const used = truth.used.processes.find(({ pid }) => pid === row.pid)!;
      assert.equal(row.diskBytes, used.diskBytes, `disk bytes of PID ${row.pid}`);
      assert.equal(row.transferBytes, used.transferBytes, `transferred bytes of PID ${row.pid}`);
    }
  });

  test('rates are the totals over the time', () => {
    const document = documentOf(ended);
    assert.equal(document.intervalSeconds, 0.5);
    assert.ok(
      document.samples + document.missedSamples >= 12 && document.samples <= 14,
      `${document.samples}`,
    );
    const seconds = (Date.parse(document.endedAt) - Date.parse(document.startedAt)) / 1000;
    assertNear(seconds, DURATION_SECONDS, 0.5, 'length of the run');
    for (const row of unit.processes) {
      assert.equal(row.samples, document.samples);
      for (const statistic of [row.cpuPercent, row.memoryBytes, row.transferBytesPerSecond]) {
        const { min, max, avg, p95 } = statistic!;
        assert.ok(min >= 0 && min <= p95 && p95 <= max, JSON.stringify(statistic));
        assert.ok(min <= avg && avg <= max, JSON.stringify(statistic));
      }
      const { avg } = row.cpuPercent!;
      assertNear(avg, (100 * row.cpuSeconds) / seconds, 1 + avg * 0.05, `mean CPU of PID ${row.pid}`);
    }
  });

  describe('in the collector', skipUnless(otlpReceiverAvailable()), () => {
    test('every request conforms to the protocol', () => {
      assert.deepEqual(receiver!.errors, []);
      const document = documentOf(ended);
      assert.deepEqual(document.export, { delivered: receiver!.requests.length, failed: 0, spooled: 0 });
      assertNear(receiver!.requests.length, DURATION_SECONDS / EXPORT_SECONDS, 1, 'windows');
      assert.equal(windows.length, receiver!.requests.length);
    });

    test('every point names its unit, except those of unitledger itself', () => {
      for (const point of windows.flat()) {
        const unitName = point.name.startsWith('unitledger.self.') ? undefined : 'nginx.service';
        assert.equal(point.attributes['systemd.unit.name'], unitName, point.name);
      }
    });

    test('the points of a window share one time, and the last is the end of the run', () => {
      const times = windows.map((points) => new Set(points.map(({ unixMillis }) => unixMillis)));
      for (const of of times) assert.equal(of.size, 1, [...of].join(', '));
      const ends = times.flatMap((of) => [...of]);
      assert.deepEqual(
        ends,
        [...new Set(ends)].sort((a, b) => a - b),
      );
      const document = documentOf(ended);
      assertNear(ends.at(-1)!, Date.parse(document.endedAt), 50, 'the last window');
    });

    test('sums are cumulative, never decrease, and keep their start', () => {
      const before = new Map<string, ReceivedPoint>();
      for (const point of windows.flat().filter(({ kind, monotonic }) => kind === 'sum' && monotonic)) {
        const key = JSON.stringify([point.name, point.attributes]);
        const earlier = before.get(key);
        assert.equal(point.temporality, 'cumulative', key);
        assert.ok(point.startUnixMillis <= point.unixMillis, key);
        if (earlier !== undefined) {
          assert.ok(point.value >= earlier.value, `${key}: ${earlier.value}, then ${point.value}`);
          assert.equal(point.startUnixMillis, earlier.startUnixMillis, key);
        }
        before.set(key, point);
      }
      assert.ok(before.size > 10, `${before.size} series`);
    });

    test('no series is twice in a window', () => {
      for (const points of windows) {
        const keys = points.map(({ name, attributes }) => JSON.stringify([name, attributes]));
        assert.equal(new Set(keys).size, keys.length);
      }
    });

    test("the unit's CPU by booking and the unattributed CPU add up to its total", () => {
      const booked = last('unitledger.unit.cpu.booked.time');
      assert.deepEqual(booked.map(({ attributes }) => attributes.booking).sort(), [...BOOKINGS].sort());
      const total = sum(last('unitledger.unit.cpu.time'));
      assertNear(
        sum(booked) + sum(last('unitledger.unit.cpu.unattributed')),
        total,
        0.001,
        'sum of the bookings',
      );
      assertNear(total, unit.cpu.totalSeconds!, 0.001, 'the total');
      assertNear(total, truth.used.cpuSeconds, truth.used.cpuSeconds * 0.02, 'the total');
    });

    test("the executables' CPU matches the rows", () => {
      const points = last('unitledger.executable.cpu.time');
      assert.deepEqual(
        points.map(({ attributes }) => attributes['process.executable.name']),
        ['nginx'],
      );
      assertNear(sum(points), unit.cpu.attributedSeconds, 1e-9, 'CPU of nginx');
    });

    test("every process's series match its row", () => {
      for (const row of unit.processes) {
        const cpu = ofPid(last('process.cpu.time'), row.pid);
        assert.deepEqual(cpu.map(({ attributes }) => attributes['cpu.mode']).sort(), ['system', 'user']);
        assertNear(sum(cpu), row.cpuSeconds, 1e-9, `CPU of PID ${row.pid}`);
        assert.equal(sum(ofPid(last('process.disk.io'), row.pid)), row.diskBytes);
        const [memory, ...more] = ofPid(last('process.memory.usage'), row.pid);
        assert.deepEqual(more, []);
        const resident = truth.after.processes.get(row.pid)!.residentBytes;
        assertNear(memory!.value, resident, 8 * PAGE_BYTES, `RSS of PID ${row.pid}`);
        assert.equal(memory!.attributes['process.creation.time'], row.startedAt);
        assert.equal(memory!.attributes['process.executable.name'], 'nginx');
      }
      assert.equal(last('unitledger.unit.process.count')[0]!.value, unit.processes.length);
      assert.equal(last('unitledger.unit.present')[0]!.value, 1);
    });

    test('user and system CPU are split as by the kernel', () => {
      const [user, system] = ['user', 'system'].map((mode) =>
        sum(last('process.cpu.time').filter(({ attributes }) => attributes['cpu.mode'] === mode)),
      );
      // Answering small requests is mostly the kernel's work.
      assert.ok(user! > 0 && system! > user!, `${user} s and ${system} s`);
    });

    test('histograms contain every sample', () => {
      const [cpu] = last('unitledger.sample.cpu.usage');
      const samples = unit.processes.reduce((total, row) => total + row.samples - 1, 0);
      assert.equal(Number(cpu!.raw.count), samples);
      const largest = Math.max(...unit.processes.map((row) => row.cpuPercent!.max)) / 100;
      assertNear(cpu!.raw.max!, largest, 1e-9, 'largest');
    });
  });
});
