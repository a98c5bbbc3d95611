import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { documentOf, startUnitledger, until } from '../program/unitledger.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { installPayload, startPrepared } from '../systemd/units.ts';
import { freePorts } from './loopback.ts';
import { Prometheus, prometheusAvailable } from './prometheus.ts';
import { UnitTruth } from './unit-truth.ts';

/** A window of ten seconds takes half a second. */
const WINDOW_SECONDS = 0.5;
const windows = (count: number) => count * WINDOW_SECONDS;
const PHASE_SECONDS = windows(75);
/** `$__rate_interval` of the dashboards. */
const RATE_SECONDS = windows(30);
const STEP_SECONDS = windows(5);
const DASHBOARDS = resolve(import.meta.dirname, '../../../helm/dashboards');
const FORKING = 'forking.service';
const RETURNING = 'returning.service';
const WAYS = {
  'by OTLP': 'unitledger',
  'scraped every window': 'scraped',
  'scraped every 3 windows': 'scraped-rarely',
};

/** One query of a panel, and what the kernel says of the same. */
interface Panel {
  readonly dashboard: 'unit' | 'units';
  readonly title: string;
  readonly unit: string;
  readonly tolerance: number;
  /** From `from` to `to`, in seconds since the epoch. */
  readonly truth: (truth: UnitTruth, from: number, to: number) => number;
  /** The query is of each moment, not of a range. */
  readonly isGauge: boolean;
}

const coresOf = (unit: string) => (truth: UnitTruth, from: number, to: number) =>
  truth.cpuBetween(unit, from, to) / (to - from);
const PANELS: readonly Panel[] = [
  {
    dashboard: 'units',
    title: 'CPU by unit',
    unit: FORKING,
    tolerance: 0.03,
    truth: coresOf(FORKING),
    isGauge: true,
  },
  {
    dashboard: 'unit',
    title: 'CPU by booking',
    unit: FORKING,
    tolerance: 0.03,
    truth: coresOf(FORKING),
    isGauge: false,
  },
  {
    dashboard: 'unit',
    title: 'CPU by executable',
    unit: FORKING,
    tolerance: 0.03,
    truth: coresOf(FORKING),
    isGauge: false,
  },
  {
    dashboard: 'unit',
    title: 'CPU by process',
    unit: FORKING,
    tolerance: 0.05,
    truth: coresOf(FORKING),
    isGauge: true,
  },
  {
    dashboard: 'unit',
    title: 'Memory by process',
    unit: FORKING,
    tolerance: 0.05,
    truth: (truth, from, to) => truth.meanOf(FORKING, 'residentBytes', from, to),
    isGauge: true,
  },
  {
    dashboard: 'units',
    title: 'Processes',
    unit: FORKING,
    tolerance: 0.05,
    truth: (truth, from, to) => truth.meanOf(FORKING, 'processes', from, to),
    isGauge: true,
  },
];

/** The expression of a panel, for one unit and one way into Prometheus. */
function expressionOf({ dashboard, title, unit }: Panel, job: string): string {
  const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, `unitledger-${dashboard}.json`), 'utf8'));
  const all = panels.flatMap((panel: { panels?: object[] }) => [panel, ...(panel.panels ?? [])]);
  const panel = all.find(
    (each: { title: string; type: string; targets?: unknown }) =>
      each.title === title && each.type === 'timeseries' && each.targets,
  );
  assert.ok(panel !== undefined, `no panel ${title}`);
  const filled = (panel.targets[0].expr as string)
    .replaceAll('$__rate_interval', `${RATE_SECONDS * 1000}ms`)
    .replaceAll('instance=~"$instance"', `job="${job}",systemd_unit_name="${unit}"`)
    .replaceAll('$unit', unit);
  return `sum(${filled})`;
}

describe('what a panel shows of units that fork, come and go, is what the kernel counted', {
  skip: prometheusAvailable === true ? skipLab() : prometheusAvailable,
}, () => {
  let lab: SystemdLab;
  let prometheus: Prometheus;
  let truth: UnitTruth | undefined;
  const comeAndGo = new AbortController();
  /** Times in which the program ran and had been seen for a whole range, and when it was there at all. */
  const phases: { readonly from: number; readonly to: number }[] = [];
  const jobs = new Set<string>();

  before(
    async () => {
      lab = await bootSystemd();
      await installPayload(lab);
      const lives = [2, 3, 5, 8, 13, 21].map(windows);
      const loops = lives.map((life) => `while :; do /opt/lab/worker ${life}; done &`);
      await lab.writeFile('/opt/lab/forking.sh', `#!/bin/sh\n${loops.join('\n')}\nwait\n`, 0o755);
      await startPrepared(lab, { name: FORKING, file: '[Service]\nExecStart=/opt/lab/forking.sh\n' });
      const [port] = (await freePorts(1)) as [number];
      const scrape = (job: string, count: number) => ({
        job_name: job,
        scrape_interval: `${1000 * windows(count)}ms`,
        scrape_timeout: `${1000 * WINDOW_SECONDS}ms`,
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      });
      prometheus = await Prometheus.start({
        scrape_configs: [scrape('scraped', 1), scrape('scraped-rarely', 3)],
      });
      // The first step of a phase needs scrapes from the start of the phase.
      await until(
        async () => (await prometheus.query('up', Date.now() / 1000)).length === 2,
        () => 'a scrape of each job',
        20,
      );
      truth = new UnitTruth(join(lab.cgroupRoot, 'system.slice'));
      const churn = Promise.all([churnJobs(comeAndGo.signal), comeBack(comeAndGo.signal)]);
      for (let phase = 0; phase < 2; phase++) await runPhase(port);
      comeAndGo.abort();
      await churn;
      truth.stop();
    },
    { timeout: 20 * 60_000 },
  );
  after(async () => {
    // Either would keep this process running where the start failed.
    comeAndGo.abort();
    truth?.stop();
    await prometheus?.stop();
    await lab?.stop();
  });

  async function runPhase(port: number): Promise<void> {
    const program = startUnitledger(
      [
        ...[
          '--cgroup-root',
          lab.cgroupRoot,
          '--summary',
          'json',
          '--interval',
          '0.05',
          '--export-interval',
          String(WINDOW_SECONDS),
        ],
        ...['--export', 'otlp,prometheus', '--listen', String(port), '--shutdown-timeout', '20'],
        ...['--service', FORKING, '--service', 'job-*.service', '--service', 'returning*.service'],
      ],
      {
        environment: { OTEL_EXPORTER_OTLP_ENDPOINT: prometheus.otlpEndpoint },
        longestSeconds: PHASE_SECONDS + 60,
      },
    );
    await program.says('serving /healthz');
    const from = Date.now() / 1000;
    await sleep(PHASE_SECONDS * 1000);
    phases.push({ from, to: Date.now() / 1000 });
    program.signal('SIGINT');
    const ended = await program.ended;
    assert.equal(documentOf(ended, ended.code ?? 0).export!.failed, 0, ended.stderr);
  }

  /** Thirty units, one more each window, each there for some windows. */
  async function churnJobs(signal: AbortSignal): Promise<void> {
    for (let n = 0; !signal.aborted; n++) {
      const unit = `job-${n % 30}.service`;
      jobs.add(unit);
      await lab.systemdRun(
        unit,
        ['CollectMode=inactive-or-failed'],
        ['/opt/lab/worker', String(windows(3 + (n % 5)))],
      );
      await sleep(1000 * WINDOW_SECONDS);
    }
  }

  async function comeBack(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await lab.systemdRun(
        RETURNING,
        ['CollectMode=inactive-or-failed'],
        ['/opt/lab/worker', String(windows(12))],
      );
      await sleep(1000 * windows(20));
      await until(
        async () => (await lab.cgroupOf(RETURNING)) === undefined,
        () => 'its end',
        20,
      );
    }
  }

  /** Mean of a query over some seconds, once a window. */
  async function meanOf(expression: string, from: number, to: number): Promise<number> {
    const count = Math.floor((to - from) / WINDOW_SECONDS);
    const values = await prometheus.range(expression, from + WINDOW_SECONDS, to, WINDOW_SECONDS);
    return values.reduce((sum, value) => sum + value, 0) / count;
  }

  for (const [way, job] of Object.entries(WAYS)) {
    for (const panel of PANELS) {
      test(`${panel.title}, ${way}`, async (t) => {
        const expression = expressionOf(panel, job);
        const errors: number[] = [];
        let [shownSum, trueSum] = [0, 0];
        for (const { from, to } of phases) {
          for (let at = from + RATE_SECONDS + windows(5); at <= to; at += STEP_SECONDS) {
            // What a scrape shows at a moment is of a window that has closed, and of one that closed before that.
            const late = windows(
              panel.isGauge ? (job === 'scraped-rarely' ? 2.5 : job === 'scraped' ? 1.5 : 1) : 1,
            );
            const start = at - RATE_SECONDS;
            const shown = panel.isGauge
              ? await meanOf(expression, start, at)
              : (await prometheus.query(expression, at))[0]!.value;
            const real = panel.truth(truth!, start - late, at - late);
            errors.push(shown / real - 1);
            shownSum += shown;
            trueSum += real;
          }
        }
        const worst = errors.reduce((most, error) => (Math.abs(error) > Math.abs(most) ? error : most), 0);
        const whole = shownSum / trueSum - 1;
        t.diagnostic(`| ${panel.title} | ${way} | ${percent(worst)} | ${percent(whole)} |`);
        assert.ok(Math.abs(whole) <= panel.tolerance, `${percent(whole)} over all`);
        // One window more or less of a range may be in its scrapes.
        const atStep = panel.tolerance + (job === 'unitledger' ? 0 : WINDOW_SECONDS / RATE_SECONDS);
        assert.ok(Math.abs(worst) <= atStep, `${percent(worst)} at a step: ${errors.map(percent).join(' ')}`);
      });
    }

    test(`CPU of units that come and go, ${way}`, async (t) => {
      let [shown, real, returned, truly] = [0, 0, 0, 0];
      for (const { from, to } of phases) {
        const [start, end] = [from + windows(8), to];
        const cores = (unit: string) =>
          `sum(unitledger_unit_cpu_usage{job="${job}",systemd_unit_name=~"${unit}"})`;
        shown += (await meanOf(cores('job-.*'), start, end)) * (end - start);
        returned += (await meanOf(cores('returning.*'), start, end)) * (end - start);
        for (const unit of jobs)
          real += truth!.cpuBetween(unit, start - WINDOW_SECONDS, end - WINDOW_SECONDS);
        truly += truth!.cpuBetween(RETURNING, start - WINDOW_SECONDS, end - WINDOW_SECONDS);
      }
      t.diagnostic(`| CPU by unit, units that come and go | ${way} | | ${percent(shown / real - 1)} |`);
      t.diagnostic(`| CPU by unit, a unit that returns | ${way} | | ${percent(returned / truly - 1)} |`);
      assert.ok(Math.abs(shown / real - 1) <= 0.03, `${shown} s of ${real} s`);
      // A gauge is of one window: what is seen of one in three is coarse for a unit of a few lives of some windows.
      const tolerance = job === 'scraped-rarely' ? 0.1 : 0.03;
      assert.ok(Math.abs(returned / truly - 1) <= tolerance, `${returned} s of ${truly} s`);
    });

    test(`increase() over processes of a unit that forks, ${way}`, async (t) => {
      let [shown, real] = [0, 0];
      for (const { from, to } of phases) {
        const range = Math.floor(to - from - windows(10));
        const query = `sum(increase(process_cpu_time_seconds_total{job="${job}",systemd_unit_name="${FORKING}"}[${range}s]))`;
        shown += (await prometheus.query(query, to))[0]!.value;
        real += truth!.cpuBetween(FORKING, to - WINDOW_SECONDS - range, to - WINDOW_SECONDS);
      }
      t.diagnostic(`| sum(increase()) over processes | ${way} | | ${percent(shown / real - 1)} |`);
      assert.ok(Math.abs(shown / real - 1) <= 0.03, `${shown} s of ${real} s`);
    });
  }
});

function percent(ratio: number): string {
  return `${ratio >= 0 ? '+' : ''}${(100 * ratio).toFixed(1)}%`;
}
