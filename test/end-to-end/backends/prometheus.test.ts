import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RunDocument } from '../../../src/ledger/document/run-document.ts';
import { skipUnless } from '../../skip.ts';
import { assertNear, documentOf, runUnitledger, unitOf } from '../program/unitledger.ts';
import { LOAD_UNIT, loadAvailable, loadFor } from './load.ts';
import { Prometheus, prometheusAvailable, type StoredSeries } from './prometheus.ts';

const needed = prometheusAvailable === true ? loadAvailable : prometheusAvailable;
/** What is rounded on the way: JSON, and times in milliseconds. */
const ROUNDING = 1e-6;

const UNIT = `{systemd_unit_name="${LOAD_UNIT}"}`;
const CPU = `unitledger_unit_cpu_time_seconds_total${UNIT}`;

for (const [title, config] of [
  ['as it comes', {}],
  ['that takes late points', { storage: { tsdb: { out_of_order_time_window: '2h' } } }],
] as const) {
  describe(`a Prometheus ${title}, after a run`, skipUnless(needed), () => {
    let prometheus: Prometheus;
    let document: RunDocument;
    /** Of the first and the last window, in seconds since the epoch. */
    let first: number;
    let last: number;

    before(async () => {
      prometheus = await Prometheus.start(config);
      const environment = {
        UNITLEDGER_EXPORT: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: prometheus.otlpEndpoint,
      };
      const args = ['--summary', 'json', '--interval', '0.2', '--export-interval', '2', ...loadFor(6)];
      document = documentOf(await runUnitledger(args, { environment }));
      const [live] = await prometheus.stored(`unitledger_unit_cpu_booked_time_seconds_total{booking="live"}`);
      first = live!.samples[0]![0];
      last = live!.samples.at(-1)![0];
    });
    after(() => prometheus?.stop());

    /** The sum over all series of a selector, each as it was stored last. */
    async function lastSum(selector: string): Promise<number> {
      const series = await prometheus.stored(selector);
      assert.ok(series.length > 0, selector);
      return sumOf(series, (samples) => samples.at(-1)![1]);
    }

    test('has every delivered window', async () => {
      assert.equal(document.export!.failed, 0);
      const { samples } = (await prometheus.stored(`unitledger_unit_process_count${UNIT}`))[0]!;
      assert.equal(samples.length, document.export!.delivered);
      assert.ok(samples.length >= 2, `${samples.length} windows`);
    });

    test('has the unit’s CPU and its coverage as in the summary', async () => {
      const { totalSeconds, attributedSeconds, coverage } = unitOf(document, LOAD_UNIT).cpu;
      const booked = `unitledger_unit_cpu_booked_time_seconds_total`;
      assertNear(await lastSum(booked), attributedSeconds!, ROUNDING, 'CPU that is attributed');
      // What was unattributed for a moment and was booked later is in both: a counter takes nothing back.
      const sum = await lastSum(CPU);
      assert.ok(sum >= totalSeconds! - ROUNDING, `${sum} s of ${totalSeconds} s`);
      assertNear(sum, totalSeconds!, 0.02 * totalSeconds! + 0.02, 'CPU of the unit');
      assertNear((await lastSum(booked)) / (await lastSum(CPU)), Math.min(1, coverage!), 0.02, 'coverage');
    });

    test('has CPU of all executables that adds up to the attributed CPU of the summary', async () => {
      const { processes, exited } = unitOf(document, LOAD_UNIT);
      const ofRows = processes.reduce((sum, row) => sum + row.cpuSeconds! + row.reapedCpuSeconds!, 0);
      const ofExited = exited.reduce((sum, row) => sum + row.cpuSeconds!, 0);
      const executables = await lastSum(`unitledger_executable_cpu_time_seconds_total${UNIT}`);
      assertNear(executables, ofRows + ofExited, 1e-3, 'CPU of all executables');
    });

    test('answers rate() with the growth of the counter', async () => {
      const series = await prometheus.stored(CPU);
      const rise = sumOf(series, (samples) => samples.at(-1)![1] - samples[0]![1]);
      // A range begins after its first instant: a millisecond more holds the first sample, and nothing is extrapolated.
      const range = `${Math.round((last - first) * 1000) + 1}ms`;
      const [answer] = await prometheus.query(`sum(rate(${CPU}[${range}]))`, last);
      assertNear(answer!.value, rise / (last - first), 1e-3, 'CPU seconds a second');
      assert.ok(answer!.value > 0, `${answer!.value} cores`);
    });

    test('has the resource attributes of the points', async () => {
      const [info] = await prometheus.stored('target_info{job="unitledger"}');
      const [points] = await prometheus.stored(CPU);
      assert.equal(points!.labels.job, 'unitledger');
      assert.equal(points!.labels.instance, info!.labels.instance);
      assert.equal(info!.labels.os_type, 'linux');
    });
  });
}

function sumOf(series: readonly StoredSeries[], read: (samples: StoredSeries['samples']) => number): number {
  return series.reduce((sum, { samples }) => sum + read(samples), 0);
}
