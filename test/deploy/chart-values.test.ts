import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHART_OPTIONS, valueName } from '../../scripts/chart.ts';
import { skipUnless } from '../skip.ts';
import { configOf, exampleValues, manifests, render } from './chart.ts';
import { helmAvailable } from './helm.ts';

const nginx = ['--set', 'targets.services={nginx}'];

/** Values that differ from the defaults; for each option of the chart one. */
const OTHER: Readonly<Record<string, readonly [value: unknown, field: string, read: unknown]>> = {
  interval: ['250ms', 'intervalSeconds', 0.25],
  duration: [60, 'durationSeconds', 60],
  showCmdline: [true, 'showCommandLine', true],
  processDetails: [['threads', 'pss'], 'processDetails', ['threads', 'pss']],
  metrics: [['unitledger.unit.pressure.share'], 'optionalMetrics', ['unitledger.unit.pressure.share']],
  processNames: ['title', 'processNames', 'title'],
  exitRecords: [true, 'exitRecords', 'on'],
  summary: ['json', 'summary', 'json'],
  summaryFile: ['/tmp/summary', 'summaryFile', '/tmp/summary'],
  summaryColumns: [
    ['default', 'memory-p95'],
    'summaryChoice',
    { columns: ['default', 'memory-p95'], sort: [] },
  ],
  summarySort: [
    ['cpu.avg:asc'],
    'summaryChoice',
    { columns: [], sort: [{ column: 'cpu', measure: 'avg', direction: 'asc' }] },
  ],
  summaryRows: [1_000_000, 'summaryRows', 1_000_000],
  export: [['otlp', 'console'], 'exporters', ['otlp', 'console']],
  exportInterval: ['1m', 'exportIntervalSeconds', 60],
  exportTimeout: [2.5, 'exportTimeoutSeconds', 2.5],
  shutdownTimeout: ['20s', 'shutdownTimeoutSeconds', 20],
  logLevel: ['debug', 'logLevel', 'debug'],
};

describe('the values of the chart', skipUnless(helmAvailable), () => {
  for (const [value, [given, field, read]] of Object.entries(OTHER)) {
    test(`pass options.${value} to the program`, () => {
      const config = configOf(
        manifests(...nginx, '--set-json', `options.${value}=${JSON.stringify(given)}`),
      ) as unknown as Record<string, unknown>;
      assert.deepEqual(config[field], read);
    });
  }

  test('name every option of the program in a way that Helm converts back to its name', () => {
    const options = Object.fromEntries(
      CHART_OPTIONS.map((option) => {
        const { default: initial, bare, format } = option;
        // A number in octal is text, as YAML has other rules for it.
        const [first = `/tmp/${option.name}`] = (format.schema?.enum as readonly string[] | undefined) ?? [];
        const example = option.name === 'file-mode' ? '0640' : format.holds === 'string' ? first : 1;
        const value = initial ?? bare ?? example;
        return [valueName(option), value];
      }),
    );
    const config = configOf(manifests(...nginx, '--set-json', `options=${JSON.stringify(options)}`));
    assert.deepEqual(config.warnings, []);
  });

  test('pass unusual names to the program unchanged', () => {
    const targets = {
      services: ['-.slice', 'a\\x2db@c:d.service', 'web@*', 'user@1000.service/[!a]?.service'],
      cgroups: ['/a b/$(NODE_NAME)', '/"q\'/ü,/x: #y'],
    };
    const { targets: read } = configOf(manifests('--set-json', `targets=${JSON.stringify(targets)}`));
    assert.deepEqual(read, [
      { kind: 'unit', name: '-.slice' },
      { kind: 'unit', name: 'a\\x2db@c:d.service' },
      { kind: 'units', pattern: 'web@*.service' },
      { kind: 'units', pattern: 'user@1000.service/[!a]?.service' },
      { kind: 'cgroup', path: '/a b/$(NODE_NAME)' },
      { kind: 'cgroup', path: '/"q\'/ü,/x: #y' },
    ]);
  });

  test('may include those that Helm adds for a subchart', () => {
    manifests(...nginx, '--set', 'global.imageRegistry=x');
  });

  const refused = [
    ...[
      ['spool.sizeLimit=256Mi'],
      ['spool.sizeLimit=200M'],
      ['spool.sizeLimit=1000000'],
      ['spool.sizeLimit=1Gi', 'options.spoolSize=1GiB'],
      ['spool.sizeLimit=1G', 'options.spoolSize=1000000000'],
      ['options.spoolSize=320MiB'],
    ].map((sizes) => ({
      values: ['targets.services={nginx}', 'spool.type=emptyDir', ...sizes],
      says: /spool\.sizeLimit .* must be more than options\.spoolSize .*: the kubelet evicts/,
    })),
    { values: [], says: /Nothing to track: name at least one systemd unit in targets\.services/ },
    { values: ['targets.servces={nginx}'], says: /'\/targets': additional properties 'servces' not allowed/ },
    { values: ['targets.services=nginx'], says: /'\/targets\/services': got string, want array/ },
    { values: ['targets.services={a/b}'], says: /'\/targets\/services\/0': 'a\/b' does not match pattern/ },
    {
      values: ['targets.cgroups={system.slice}'],
      says: /'\/targets\/cgroups\/0': 'system.slice' does not match/,
    },
    {
      values: ['targets.services={nginx}', 'options.interval=0'],
      says: /'\/options\/interval': minimum: got 0/,
    },
    {
      values: ['targets.services={nginx}', 'options.interval=fast'],
      says: /'\/options\/interval': 'fast' does not match/,
    },
    {
      values: ['targets.services={nginx}', 'options.interval=true'],
      says: /'\/options\/interval': got boolean, want number or string/,
    },
    {
      values: ['targets.services={nginx}', 'options.intervall=1'],
      says: /'\/options': additional properties 'intervall' not allowed/,
    },
    {
      values: ['targets.services={nginx}', 'options.summary=xml'],
      says: /'\/options\/summary': value must be one of 'table', 'json'/,
    },
    {
      values: ['targets.services={nginx}', 'options.summaryRows=0.5'],
      says: /'\/options\/summaryRows': /,
    },
    { values: ['targets.services={nginx}', 'listen.host=::'], says: /'\/listen\/host': '::' does not match/ },
    {
      // OpenTelemetry ignores the whole variable, host.name and service.instance.id included.
      values: ['targets.services={nginx}', 'resourceAttributes.team=50%off'],
      says: /'\/resourceAttributes\/team': '50%off' does not match/,
    },
    { values: ['targets.services={nginx}', 'export.endpoint='], says: /'\/export\/endpoint'/ },
    {
      values: ['targets.services={nginx}', 'hostNetwork=true'],
      says: /additional properties 'hostNetwork' not/,
    },
    {
      values: ['mode=sidecar'],
      says: /'\/mode': value must be one of 'daemonset', 'pod'/,
    },
    {
      values: ['targets.services={nginx}', 'podMonitor.enabled=true', 'listen.enabled=false'],
      says: /podMonitor\.enabled needs listen\.enabled/,
    },
    {
      values: ['targets.services={nginx}', 'serviceMonitor.enabled=true', 'podMonitor.enabled=true'],
      says: /every pod would be scraped twice/,
    },
    {
      values: ['targets.services={nginx}', 'serviceMonitor.interval=often'],
      says: /'\/serviceMonitor\/interval': 'often' does not match/,
    },
    {
      values: ['targets.services={nginx}', 'prometheusRule.groups={}'],
      says: /additional properties 'groups' not allowed/,
    },
    {
      values: ['targets.services={nginx}', 'spool.type=disk'],
      says: /'\/spool\/type': value must be one of/,
    },
    { values: ['mode=pod'], says: /mode=pod needs the containers to track/ },
    {
      values: ['targets.services={nginx}', 'workload.podSpec.containers[0].name=x'],
      says: /workload\.podSpec is for mode=pod, and mode is daemonset/,
    },
  ];
  for (const { values, says } of refused) {
    test(`are rejected with a reason: ${values.join(' ') || 'none at all'}`, () => {
      const { status, stderr } = render(...values.flatMap((value) => ['--set', value]));
      assert.notEqual(status, 0);
      assert.match(stderr, says);
    });
  }

  for (const { value, says } of [
    { value: 'targets.services={nginx}', says: /targets are for mode=daemonset/ },
    { value: 'options.exitRecords=true', says: /options\.exitRecords=on is for mode=daemonset/ },
    { value: 'spool.type=hostPath', says: /spool\.type=hostPath is for mode=daemonset/ },
    { value: 'networkPolicy.enabled=true', says: /networkPolicy is for mode=daemonset/ },
    { value: 'workload.spec.template.spec.x=1', says: /'\/workload\/spec': 'not' failed/ },
  ]) {
    test(`are rejected in mode pod with a reason: ${value}`, () => {
      const { status, stderr } = render(...exampleValues('job'), '--set', value);
      assert.notEqual(status, 0);
      assert.match(stderr, says);
    });
  }
});
