import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { assertNear, documentOf, startUnitledger, unitOf, until } from '../program/unitledger.ts';
import { LOAD_UNIT, loadAvailable, loadFor } from './load.ts';
import { freePorts } from './loopback.ts';
import { Prometheus, prometheusAvailable } from './prometheus.ts';

const needed = prometheusAvailable === true ? loadAvailable : prometheusAvailable;
const PATIENCE_SECONDS = 60;
/** Of a scrape, or of what Prometheus makes of a resource. */
const NOT_OURS = /^(up|scrape_.*|target_info)$/;

test('a Prometheus has the same metrics from /metrics as by OTLP', skipUnless(needed), async () => {
  const [port] = await freePorts(1);
  const prometheus = await Prometheus.start({
    scrape_configs: [
      {
        job_name: 'scraped',
        scrape_interval: '1s',
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      },
    ],
  });
  try {
    const times = ['--interval', '0.2', '--export-interval', '1', '--shutdown-timeout', '20'];
    const ways = ['--export', 'otlp,prometheus', '--listen', String(port)];
    const program = startUnitledger(['--summary', 'json', ...times, ...ways, ...loadFor(120)], {
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: prometheus.otlpEndpoint },
      longestSeconds: 180,
    });
    const cpu = (job: string) =>
      `unitledger_unit_cpu_booked_time_seconds_total{job="${job}",systemd_unit_name="${LOAD_UNIT}"}`;
    const windows = async (job: string) => {
      const series = await prometheus.stored(cpu(job));
      return Math.min(...series.map(({ samples }) => samples.length));
    };
    for (const job of ['scraped', 'unitledger']) {
      await until(
        async () => (await windows(job)) >= 4 && (await windows(job)) < Number.POSITIVE_INFINITY,
        () => `four samples of the job ${job}\n${program.stderr()}\n${prometheus.log}`,
        PATIENCE_SECONDS,
      );
    }
    program.signal('SIGINT');
    const ended = await program.ended;
    const document = documentOf(ended, ended.code ?? 0);

    const namesOf = async (job: string) => {
      const answer = await prometheus.stored(`{job="${job}"}`);
      const names = new Set(answer.map(({ labels }) => labels.__name__!));
      return [...names].filter((name) => !NOT_OURS.test(name)).sort();
    };
    assert.deepEqual(await namesOf('scraped'), await namesOf('unitledger'));

    const total = unitOf(document, LOAD_UNIT).cpu.attributedSeconds!;
    for (const { samples } of await prometheus.stored(cpu('scraped'))) {
      const values = samples.map(([, value]) => value);
      assert.deepEqual(
        values,
        values.toSorted((a, b) => a - b),
      );
    }
    const lastOf = async (job: string) =>
      (await prometheus.stored(cpu(job))).reduce((sum, { samples }) => sum + samples.at(-1)![1], 0);
    assert.ok((await lastOf('scraped')) > 0 && (await lastOf('scraped')) <= total + 1e-6);
    assertNear(await lastOf('unitledger'), total, 1e-6, 'CPU by OTLP');
  } finally {
    await prometheus.stop();
  }
});
