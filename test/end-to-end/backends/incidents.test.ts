import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipUnless } from '../../skip.ts';
import { type Running, startUnitledger, until } from '../program/unitledger.ts';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { installPayload } from '../systemd/units.ts';
import { compressedRules } from './compressed-rules.ts';
import { canLimitUnits, LimitedUnit } from './limited-units.ts';
import { freePorts } from './loopback.ts';
import { Prometheus, prometheusAvailable, type StoredSeries } from './prometheus.ts';

/** Half a minute of the rules lasts a second. They need a window in it, and get two: a busy machine may miss one. */
const FACTOR = 30;
const WINDOW_SECONDS = 0.5;
const PATIENCE_SECONDS = 60;

const service = (command: string, ...more: readonly string[]) =>
  ['[Service]', `ExecStart=${command}`, ...more, ''].join('\n');
const NO_LIMIT = '[Unit]\nStartLimitIntervalSec=0\n';

/** Units in a crash loop, without a start limit and with the default one. */
const CRASHING = {
  'case-looping.service': NO_LIMIT + service('/bin/false', 'Restart=always', 'RestartSec=75ms'),
  'case-limited.service': service('/bin/false', 'Restart=always', 'RestartSec=150ms'),
};
/** Units that start again, and are well. */
const HEALTHY = {
  'case-ticking.service': NO_LIMIT + service('/bin/true', 'Type=oneshot'),
  'case-deployed.service': NO_LIMIT + service('/bin/sleep infinity'),
  'case-steady.service': service('/opt/lab/pulse 2 100 20000'),
};
/** Every minute of the rules. */
const TICKING = '[Timer]\nOnCalendar=*:*:0/2\nAccuracySec=1us\n';
/** Most of its CPU is of children that the kernel reaps. */
const UNCOVERED = { 'case-deaf.service': service('/opt/lab/deaf 10000 40000') };
/** The kernel kills what needs more memory than its unit may have, and the unit tries again. */
const GREEDY = 'case-greedy.service';
/** Wants a whole CPU and gets a twentieth of it: less than a busy machine would give it. */
const THROTTLED = 'case-throttled.service';
/** Has limits that it never meets. */
const MODEST = 'case-modest.service';

describe('with incidents of a real systemd, an alert', {
  skip: prometheusAvailable === true ? skipLab() : prometheusAvailable,
}, () => {
  let folder: string;
  let lab: SystemdLab;
  let prometheus: Prometheus;
  let fired: StoredSeries[] = [];
  const limitedUnits: LimitedUnit[] = [];
  let limitsProgram: Running | undefined;

  /** What an alert has fired for, by the value of `label`. */
  const firedFor = (alert: string, label: string) =>
    fired.flatMap(({ labels }) => (labels.alertname === alert ? [labels[label]] : [])).sort();
  const isFiring = async (alert: string, unit = '') => {
    const found = await prometheus.query(`ALERTS{alertname="${alert}",alertstate="firing"}`);
    return found.some(({ labels }) => unit === '' || labels.systemd_unit_name === unit);
  };
  const fires = (alert: string, isSo = true, unit = '') =>
    until(
      async () => (await isFiring(alert, unit)) === isSo,
      () => `${alert} ${unit} ${isSo ? 'to fire' : 'to end'}`,
      PATIENCE_SECONDS,
    );

  before(
    async () => {
      folder = mkdtempSync(join(tmpdir(), 'unitledger-incidents-'));
      const rules = join(folder, 'rules.yaml');
      writeFileSync(rules, JSON.stringify(compressedRules(FACTOR)));
      lab = await bootSystemd();
      await installPayload(lab);
      for (const [name, text] of Object.entries({ ...CRASHING, ...HEALTHY, ...UNCOVERED }))
        await lab.writeUnit(name, text);
      await lab.writeUnit('case-ticking.timer', TICKING);
      const [scraped, limited, away] = (await freePorts(3)) as [number, number, number];
      const every = `${1000 * WINDOW_SECONDS}ms`;
      prometheus = await Prometheus.start({
        global: { evaluation_interval: every, scrape_interval: every, scrape_timeout: every },
        rule_files: [rules],
        scrape_configs: [
          {
            job_name: 'unitledger',
            static_configs: [{ targets: [scraped, limited].map((port) => `127.0.0.1:${port}`) }],
          },
        ],
      });
      const limits = canLimitUnits() === true ? runLimits(limited) : undefined;
      await Promise.all([runIncidents(scraped, away), limits]);
      fired = await prometheus.stored('ALERTS{alertstate="firing"}');
    },
    { timeout: 10 * 60_000 },
  );
  after(async () => {
    for (const unit of limitedUnits) await unit.remove();
    limitsProgram?.signal('SIGINT');
    await limitsProgram?.ended;
    await prometheus?.stop();
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The lab's units have no controllers where the host has cgroups v1; these are the host's own. */
  async function runLimits(port: number): Promise<void> {
    const args = [GREEDY, THROTTLED, MODEST].flatMap((name) => ['--service', name]);
    args.push('--export', 'prometheus', '--listen', String(port));
    args.push('--export-interval', String(WINDOW_SECONDS));
    limitsProgram = startUnitledger(args, { longestSeconds: 300 });
    await limitsProgram.says('serving /healthz');
    limitedUnits.push(
      new LimitedUnit(GREEDY, 'while :; do tail /dev/zero; sleep 1; done', { memoryBytes: 32 << 20 }),
      new LimitedUnit(THROTTLED, 'while :; do :; done', { cpus: 0.05 }),
      new LimitedUnit(MODEST, 'while :; do sleep 0.1; done', { memoryBytes: 64 << 20, cpus: 0.9 }),
    );
    await fires('UnitledgerUnitOutOfMemory', true, GREEDY);
    await fires('UnitledgerUnitThrottled', true, THROTTLED);
  }

  async function runIncidents(scraped: number, away: number): Promise<void> {
    const program = startUnitledger(
      [
        ...['--cgroup-root', lab.cgroupRoot, '--service', 'case-*.service', '--interval', '0.1'],
        ...['--export', 'otlp,prometheus', '--listen', String(scraped)],
        ...['--export-interval', String(WINDOW_SECONDS)],
        ...['--spool-dir', join(folder, 'spool'), '--spool-age', '6', '--shutdown-timeout', '1'],
      ],
      {
        // Nothing listens there at first: the Collector is away.
        environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${away}` },
        longestSeconds: 300,
      },
    );
    await program.says('serving /healthz');
    // What happens before the first scrape is not known to Prometheus.
    await until(
      async () => (await prometheus.query('unitledger_self_memory_usage_bytes')).length > 0,
      () => 'the first scrape',
      PATIENCE_SECONDS,
    );
    for (const name of Object.keys({ ...UNCOVERED, ...CRASHING })) void lab.startUnit(name);
    for (const name of ['case-steady.service', 'case-ticking.timer', 'case-deployed.service'])
      await lab.startUnit(name);
    await sleep(1000);
    for (let n = 0; n < 4; n++) {
      await lab.restartUnit('case-deployed.service');
      await sleep(400);
    }
    for (const alert of ['UnitledgerSpooling', 'UnitledgerWindowsLost', 'UnitledgerCoverageLow'])
      await fires(alert);
    for (const unit of Object.keys(CRASHING)) await fires('UnitledgerUnitCrashLoop', true, unit);
    assert.equal(await isFiring('UnitledgerSilent'), false);
    const collector = createServer((request, answer) => {
      request.resume().on('end', () => answer.end());
    }).listen(away, '127.0.0.1');
    await fires('UnitledgerSpooling', false);
    await fires('UnitledgerWindowsLost', false);
    program.signal('SIGINT');
    await program.ended;
    collector.close();
    await fires('UnitledgerSilent');
  }

  test('of a crash loop fires for units in one, given up or not, and not for timers or restarts by hand', () => {
    assert.deepEqual(
      firedFor('UnitledgerUnitCrashLoop', 'systemd_unit_name'),
      Object.keys(CRASHING).sort(),
      JSON.stringify(fired.filter(({ labels }) => labels.alertname === 'UnitledgerUnitCrashLoop')),
    );
  });

  test('of low coverage fires for the unit whose children no process waits for', () => {
    const units = firedFor('UnitledgerCoverageLow', 'systemd_unit_name');
    assert.deepEqual(units, Object.keys(UNCOVERED));
  });

  test('of buffered windows, and of lost windows, starts with an absent Collector and ends with it', () => {
    for (const alert of ['UnitledgerSpooling', 'UnitledgerWindowsLost'])
      assert.equal(firedFor(alert, 'job')[0], 'unitledger', alert);
  });

  test('of missing data fires once unitledger has ended', () => {
    assert.equal(firedFor('UnitledgerSilent', 'job').length, 1);
  });

  test('of memory fires for the unit with OOM kills', skipUnless(canLimitUnits()), () => {
    assert.deepEqual([...new Set(firedFor('UnitledgerUnitOutOfMemory', 'systemd_unit_name'))], [GREEDY]);
  });

  test('of a CPU limit fires for the throttled unit', skipUnless(canLimitUnits()), () => {
    assert.deepEqual([...new Set(firedFor('UnitledgerUnitThrottled', 'systemd_unit_name'))], [THROTTLED]);
  });
});
