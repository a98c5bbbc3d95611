import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { skipUnless } from '../../skip.ts';
import { documentOf, runUnitledger } from '../program/unitledger.ts';
import { LOAD_UNIT, loadAvailable, loadFor } from './load.ts';
import { Prometheus, prometheusAvailable } from './prometheus.ts';

const needed = prometheusAvailable === true ? loadAvailable : prometheusAvailable;
const FOLDER = resolve(import.meta.dirname, '../../../helm/dashboards');
const ALERTS = resolve(import.meta.dirname, '../../../helm/alerts/unitledger.yaml');

/** Metrics that a run may not have, and why. Where it has them, queries have to find them. */
const ABSENT: readonly { readonly why: string; readonly metrics: RegExp }[] = [
  {
    why: 'off by default, and not among the --metrics of this run',
    metrics:
      /^unitledger_(process_transfer_io_|process_disk_cancelled_|unit_pressure_share_|(unit|process)_(cpu|memory|disk|transfer)_(max|min)_)/,
  },
  {
    why: 'no controller of cgroup v2 counts memory here',
    metrics: /^unitledger_unit_memory_(peak|swap|charged|events)_/,
  },
  { why: 'no controller of cgroup v2 limits CPU here', metrics: /^unitledger_unit_cpu_throttled_/ },
  { why: 'no controller of cgroup v2 counts I/O here', metrics: /^unitledger_unit_disk_/ },
  { why: 'no controller of cgroup v2 counts threads here', metrics: /^unitledger_unit_thread_/ },
  { why: 'the kernel has no pressure of this cgroup', metrics: /^unitledger_unit_pressure_/ },
  { why: '--exit-records is not given', metrics: /^unitledger_self_exit_records_/ },
];

/** What a dashboard asks of Prometheus, with its variables filled in. */
interface Query {
  readonly panel: string;
  readonly expression: string;
}

interface Panel {
  readonly title?: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly panels?: readonly Panel[];
}

function queriesOf(file: string, fill: (text: string) => string): Query[] {
  const dashboard = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as {
    readonly panels: readonly Panel[];
    readonly annotations: { readonly list?: readonly { name: string; expr: string }[] };
    readonly templating: { readonly list: readonly { name: string; type: string; query?: unknown }[] };
  };
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const drawn = panels.flatMap(({ title = '', targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, expression: fill(expr) })),
  );
  const chosen = dashboard.templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => {
      const text = String(query);
      const [, expression] = (/^label_values\((.*), \w+\)$/.exec(text) ??
        /^query_result\((.*)\)$/.exec(text))!;
      return { panel: `variable ${name}`, expression: fill(expression!) };
    });
  const marks = (dashboard.annotations.list ?? []).map(({ name, expr }) => ({
    panel: `annotation ${name}`,
    // Nothing need have happened in this run.
    expression: fill(expr).replace(/ > 0$/, ''),
  }));
  return [...chosen, ...drawn, ...marks];
}

/** What the alert rules look at. */
function alertSelectors(): Query[] {
  const rules = parse(readFileSync(ALERTS, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly { alert: string; expr: string }[] }[];
  };
  return rules.groups
    .flatMap((group) => group.rules)
    .flatMap(({ alert, expr }) =>
      [...expr.matchAll(/\bunitledger_\w+(\{[^}]*\})?/g)].map(([expression]) => ({
        panel: alert,
        expression,
      })),
    );
}

describe('every query of a dashboard or an alert', skipUnless(needed), () => {
  let prometheus: Prometheus;
  let spool: string;
  let pid: string;
  let last: number;

  before(async () => {
    prometheus = await Prometheus.start();
    spool = mkdtempSync(join(tmpdir(), 'unitledger-dashboards-'));
    const environment = {
      UNITLEDGER_EXPORT: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: prometheus.otlpEndpoint,
    };
    const details = 'threads,faults,uptime,context-switches,descriptors,run-queue,pss';
    const all = ['--process-details', details, '--spool-dir', spool, '--cpu-budget', '90'];
    const times = ['--interval', '0.2', '--export-interval', '1', '--shutdown-timeout', '20'];
    const ended = await runUnitledger(['--summary', 'json', ...all, ...times, ...loadFor(8)], {
      environment,
    });
    assert.equal(documentOf(ended).export!.failed, 0);
    const own = await prometheus.stored(
      `process_memory_usage_bytes{systemd_unit_name="${LOAD_UNIT}",process_pid!=""}`,
    );
    // The shell: it was there all the time, so it has the most points.
    const [longest] = own.toSorted((a, b) => b.samples.length - a.samples.length);
    pid = longest!.labels.process_pid!;
    last = longest!.samples.at(-1)![0];
  });
  after(async () => {
    await prometheus?.stop();
    if (spool !== undefined) rmSync(spool, { recursive: true });
  });

  const fill = (text: string) =>
    text
      .replaceAll('$__rate_interval', '1m')
      .replaceAll('$__range', '1m')
      .replaceAll(`\${__range_s}`, '60')
      .replaceAll('$instance', '.*')
      .replaceAll('$unit', LOAD_UNIT)
      .replaceAll('$pid', pid);

  for (const file of readdirSync(FOLDER)) {
    test(`of ${file} has data`, (t) => haveData(t, queriesOf(file, fill)));
  }
  test('of the alert rules has data', (t) => haveData(t, alertSelectors()));

  async function haveData(t: TestContext, queries: readonly Query[]): Promise<void> {
    const stored = new Set(await prometheus.metricNames());
    const empty: string[] = [];
    let answered = 0;
    for (const { panel, expression } of queries) {
      // But for the groups of label_replace().
      assert.doesNotMatch(expression, /\$(?!\d)/, 'not filled in');
      if ((await prometheus.query(expression, last)).length > 0) {
        answered += 1;
        continue;
      }
      const [name] = /\b(unitledger|process)_\w+(?=\{|$)/.exec(expression)!;
      const reason = ABSENT.find(({ metrics }) => metrics.test(name))?.why;
      if (reason === undefined || stored.has(name)) empty.push(`${panel}: ${expression}`);
      else t.diagnostic(`${panel}: ${reason}`);
    }
    t.diagnostic(`${answered} of ${queries.length} queries have data`);
    assert.ok(answered > 0);
    assert.deepEqual(empty, []);
  }
});
