import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { skipUnless } from '../skip.ts';
import {
  chart,
  configOf,
  exampleValues,
  execConfigOf,
  kind,
  manifests,
  podOf,
  podUid,
  render,
  unitledgerIn,
} from './chart.ts';
import { helm, helmAvailable } from './helm.ts';

const examples = readdirSync(join(chart, 'examples'));
const updateGolden = process.env.UPDATE_GOLDEN === '1';
const nginx = ['--set', 'targets.services={nginx}'];
const job = exampleValues('job');

describe('the chart', skipUnless(helmAvailable), () => {
  for (const example of examples) {
    const golden = join(chart, 'examples', example, 'rendered.yaml');

    test(`renders the example "${example}" as committed`, () => {
      const { status, stdout, stderr } = render(...exampleValues(example));
      assert.equal(status, 0, stderr);
      if (updateGolden) writeFileSync(golden, stdout);
      assert.equal(stdout, readFileSync(golden, 'utf8'));
    });

    test(`passes the program only options without warnings, in the example "${example}"`, () => {
      const all = manifests(...exampleValues(example));
      const config = configOf(all);
      assert.deepEqual(config.warnings, []);
      assert.equal(config.cgroupRoot, '/host/sys/fs/cgroup');
      const isNode = kindOfPod(all) === 'DaemonSet';
      assert.equal(config.procRoot, isNode ? '/host/proc' : '/proc');
      assert.ok(isNode || config.targets.length === 1);
    });

    test(`passes Helm's own checks with the example "${example}"`, () => {
      const { status, stdout } = helm(['lint', '--strict', '.', ...exampleValues(example)], chart);
      assert.equal(status, 0, stdout);
    });
  }

  test('mounts two trees of the node, both read-only, and nothing else', () => {
    const pod = podOf(manifests(...nginx));
    const paths = pod.volumes.flatMap(({ hostPath }) => (hostPath === undefined ? [] : [hostPath.path]));
    assert.deepEqual(paths, ['/proc', '/sys/fs/cgroup']);
    for (const { name, readOnly } of unitledgerIn(pod).volumeMounts) assert.equal(readOnly, true, name);
  });

  test('requests only two capabilities and the node’s PID namespace', () => {
    const pod = podOf(manifests(...nginx));
    assert.equal(pod.hostPID, true);
    assert.equal(pod.automountServiceAccountToken, false);
    for (const name of ['hostNetwork', 'hostIPC', 'serviceAccountName'])
      assert.equal(pod[name], undefined, name);
    assert.deepEqual(unitledgerIn(pod).securityContext, {
      runAsUser: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['SYS_PTRACE', 'DAC_READ_SEARCH'] },
      seccompProfile: { type: 'RuntimeDefault' },
      appArmorProfile: { type: 'Unconfined' },
    });
  });

  test('requests the node’s network and a third capability for exit records, and only for them', () => {
    const pod = podOf(manifests(...nginx, '--set', 'options.exitRecords=true'));
    assert.equal(pod.hostNetwork, true);
    assert.equal(pod.dnsPolicy, 'ClusterFirstWithHostNet');
    const { capabilities } = unitledgerIn(pod).securityContext as { capabilities: { add: string[] } };
    assert.deepEqual(capabilities.add, ['SYS_PTRACE', 'DAC_READ_SEARCH', 'NET_ADMIN']);
    for (const [value, isAsked] of [
      ['on', true],
      ['auto', undefined],
      ['off', undefined],
      ['false', undefined],
    ] as const) {
      const other = podOf(manifests(...nginx, '--set', `options.exitRecords=${value}`));
      assert.equal(other.hostNetwork, isAsked, value);
    }
  });

  test('omits fields that the API rejects for privileged pods', () => {
    const pod = podOf(manifests(...nginx, '--set', 'securityContext.privileged=true'));
    assert.deepEqual(unitledgerIn(pod).securityContext, {
      runAsUser: 0,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      privileged: true,
    });
  });

  test('runs in mode pod as a native sidecar that sees its own pod and nothing else of the node', () => {
    const all = manifests(...job);
    const pod = podOf(all);
    assert.equal(kindOfPod(all), 'Job');
    assert.equal(pod.shareProcessNamespace, true);
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.restartPolicy, 'Never');
    for (const name of ['hostPID', 'hostNetwork', 'hostIPC']) assert.equal(pod[name], undefined, name);
    const paths = pod.volumes.flatMap(({ hostPath }) => (hostPath === undefined ? [] : [hostPath.path]));
    assert.deepEqual(paths, ['/sys/fs/cgroup']);
    assert.equal(pod.initContainers![0]!.name, 'unitledger');
    assert.equal(pod.initContainers![0]!.restartPolicy, 'Always');
    assert.deepEqual(configOf(all).targets, [{ kind: 'pod', uid: podUid }]);
  });

  test('keeps the settings of the workload’s own pod', () => {
    const pod = podOf(
      manifests(
        ...exampleValues('stateful-set'),
        ...['--set', 'workload.podSpec.automountServiceAccountToken=true'],
        ...['--set', 'workload.podSpec.nodeSelector.disk=fast'],
        ...['--set', 'image.pullSecrets[0].name=a', '--set', 'workload.podSpec.imagePullSecrets[0].name=b'],
      ),
    );
    assert.equal(pod.automountServiceAccountToken, true);
    assert.deepEqual(pod.nodeSelector, { disk: 'fast' });
    assert.deepEqual(pod.imagePullSecrets, [{ name: 'a' }, { name: 'b' }]);
    assert.deepEqual(
      pod.initContainers!.map(({ name }) => name),
      ['unitledger', 'migrate'],
    );
  });

  test('lets the pods of a NetworkPolicy reach the port of the collector', () => {
    const portFor = (endpoint: string) => {
      const set = ['--set', 'networkPolicy.enabled=true', '--set', `export.endpoint=${endpoint}`];
      return kind(manifests(...nginx, ...set), 'NetworkPolicy').spec.egress[1].ports[0].port;
    };
    assert.equal(portFor('http://$(HOST_IP):4318'), 4318);
    assert.equal(portFor('https://otlp.example.com/otlp'), 443);
    assert.equal(portFor('http://collector'), 80);
    assert.equal(portFor('https://[2001:db8::1]:4317'), 4317);
  });

  test('has health probes if it listens, and none if it does not', () => {
    const container = (...args: string[]) =>
      unitledgerIn(podOf(manifests(...nginx, ...args))) as unknown as Record<string, Record<string, unknown>>;
    const { livenessProbe, readinessProbe } = container('--set', 'probes.readiness=true,listen.port=1234');
    assert.deepEqual(livenessProbe!.httpGet, { path: '/healthz', port: 'metrics' });
    assert.deepEqual(readinessProbe!.httpGet, { path: '/readyz', port: 'metrics' });
    const silent = container('--set', 'listen.enabled=false');
    for (const name of ['ports', 'livenessProbe', 'readinessProbe'])
      assert.equal(silent[name], undefined, name);
    assert.equal(configOf(manifests(...nginx, '--set', 'listen.enabled=false')).listen, undefined);
    assert.deepEqual(configOf(manifests(...nginx, '--set', 'listen.host=[::]')).listen, {
      ...{ host: '::', port: 9464 },
      named: 'listen in /etc/unitledger/unitledger.yaml',
    });
  });

  test('is scraped without exporters, too', () => {
    const all = manifests(...nginx, '--set', 'serviceMonitor.enabled=true,options.export={none}');
    assert.equal(kind(all, 'ServiceMonitor').spec.endpoints[0].port, kind(all, 'Service').spec.ports[0].name);
  });

  test('gives the Prometheus operator every pod once, by a headless Service, and the unchanged alert rules', () => {
    const all = manifests(...nginx, '--set', 'serviceMonitor.enabled=true,prometheusRule.enabled=true');
    const service = kind(all, 'Service').spec;
    assert.equal(service.clusterIP, 'None');
    const { metadata } = kind(all, 'DaemonSet').spec.template;
    for (const [label, value] of Object.entries(service.selector))
      assert.equal(metadata.labels[label], value);
    assert.equal(service.ports[0].targetPort, 'metrics');
    const { spec } = kind(all, 'ServiceMonitor');
    const { labels } = kind(all, 'Service').metadata;
    for (const [label, value] of Object.entries(spec.selector.matchLabels))
      assert.equal(labels[label], value, label);
    // As OTLP has them: the service's name, and the node.
    assert.equal(labels[spec.jobLabel], 'unitledger');
    const [{ relabelings, port }] = spec.endpoints;
    assert.equal(port, service.ports[0].name);
    assert.deepEqual(relabelings, [
      { sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'instance' },
    ]);
    const rules = parse(readFileSync(join(chart, 'alerts/unitledger.yaml'), 'utf8'));
    assert.deepEqual(kind(all, 'PrometheusRule').spec, rules);
    const plain = manifests(...nginx).map((manifest) => manifest.kind);
    assert.deepEqual(plain, ['ConfigMap', 'DaemonSet', 'Pod']);
  });

  test('keeps a writable spool in the pod or on the node', () => {
    for (const [type, volume] of [
      ['emptyDir', { name: 'spool', emptyDir: { sizeLimit: '320Mi' } }],
      ['hostPath', { name: 'spool', hostPath: { path: '/var/lib/unitledger', type: 'DirectoryOrCreate' } }],
    ] as const) {
      const all = manifests(...nginx, '--set', `spool.type=${type}`);
      assert.deepEqual(
        podOf(all).volumes.find(({ name }) => name === 'spool'),
        volume,
      );
      const mount = unitledgerIn(podOf(all)).volumeMounts.find(({ name }) => name === 'spool')!;
      assert.equal(configOf(all).spoolDirectory, mount.mountPath);
      assert.equal(mount.readOnly, undefined);
    }
  });

  test('gives all objects names of their own, whatever the length of the name of the release', () => {
    for (const length of [27, 53, 63]) {
      const name = ['--set', `fullnameOverride=${'x'.repeat(length)},dashboards.enabled=true`];
      const all = manifests(...nginx, ...name, '--set', 'serviceMonitor.enabled=true');
      const names = all.map((each) => `${each.kind} ${each.metadata.name}`);
      assert.equal(new Set(names).size, names.length, names.join('\n'));
    }
  });

  test('tests itself by the doctor, with all settings of its pods', () => {
    const all = manifests(...nginx, '--set', 'export.headersSecret.name=otlp');
    const { containers, volumes, hostPID } = kind(all, 'Pod').spec;
    const own = unitledgerIn(podOf(all));
    assert.equal(hostPID, true);
    assert.deepEqual(containers[0].args, ['doctor', ...own.args!]);
    for (const field of ['env', 'securityContext', 'volumeMounts', 'image'] as const)
      assert.deepEqual(containers[0][field], (own as unknown as Record<string, unknown>)[field], field);
    assert.deepEqual(volumes, podOf(all).volumes);
  });

  for (const values of [nginx, job, exampleValues('stateful-set'), exampleValues('locked-down')]) {
    test(`lets a second program in the container see the same, without port, spool and export: ${values.join(' ')}`, () => {
      const all = manifests(...values, '--set', 'spool.type=emptyDir');
      const [first, second] = [configOf(all), execConfigOf(all, ['--live'])];
      for (const field of ['targets', 'procRoot', 'cgroupRoot'] as const)
        assert.deepEqual(second[field], first[field]);
      assert.notEqual(first.listen, undefined);
      assert.notEqual(first.spoolDirectory, undefined);
      const { listen, spoolDirectory, exporters, live } = second;
      assert.deepEqual(
        { listen, spoolDirectory, exporters, live },
        { listen: undefined, spoolDirectory: undefined, exporters: [], live: true },
      );
    });
  }

  test('notes that the spool ends with the pod if it is an emptyDir', () => {
    const lifetime = (type: string) =>
      configOf(manifests(...nginx, '--set', `spool.type=${type}`)).spoolLifetime;
    assert.deepEqual([lifetime('emptyDir'), lifetime('hostPath')], ['pod', 'host']);
  });

  test('restarts the pods when the configuration changes', () => {
    const checksum = (...args: string[]) =>
      kind(manifests(...nginx, ...args), 'DaemonSet').spec.template.metadata.annotations['checksum/config'];
    assert.notEqual(checksum(), checksum('--set', 'options.interval=1s'));
    assert.equal(checksum(), checksum('--set', 'priorityClassName=x'));
  });

  test('prints after an installation how to see the first data point', (t) => {
    const node = notesFor(t, ...nginx, '--set', 'options.exportInterval=30s');
    assert.match(node, /^unitledger tracks nginx on every node/);
    assert.match(node, /kubectl --namespace obs rollout status daemonset\/main-unitledger\n/);
    assert.match(node, /30s after the start the first data points are sent to http:\/\/NODE-ADDRESS:4318\./);
    const inSeconds = notesFor(t, ...nginx, '--set', 'options.exportInterval=30');
    assert.match(inSeconds, /^3\. 30 s after the start the first data points are sent/m);
    const scraped = notesFor(t, ...exampleValues('prometheus-operator'));
    assert.match(
      scraped,
      /first data points are ready to be scraped\.\n {3}Prometheus scrapes them with the ServiceMonitor main-/,
    );
    const pod = notesFor(t, ...job);
    assert.match(pod, /^unitledger runs next to compile in job\/main-unitledger/);
    // Both come to an end for a Job that has ended already, too.
    assert.match(
      pod,
      /kubectl --namespace obs wait --for condition=Initialized pod --selector app.kubernetes.io\/instance=main --timeout 5m\n/,
    );
    assert.match(pod, /kubectl --namespace obs logs --follow job\/main-unitledger --container unitledger\n/);
    const stateful = notesFor(t, ...exampleValues('stateful-set'));
    assert.match(stateful, /kubectl --namespace obs rollout status statefulset\/main-unitledger\n/);
    assert.doesNotMatch(pod, /data points/);
  });
});

function kindOfPod(all: ReturnType<typeof manifests>): string | undefined {
  return all.find(({ spec }) => spec?.template !== undefined)?.kind;
}

/** `helm template` leaves the notes out, and only they can show them that have a cluster. */
function notesFor(t: TestContext, ...args: readonly string[]): string {
  const copy = mkdtempSync(join(tmpdir(), 'unitledger-chart-'));
  t.after(() => rmSync(copy, { recursive: true }));
  cpSync(chart, copy, { recursive: true });
  renameSync(join(copy, 'templates/NOTES.txt'), join(copy, 'notes.tpl'));
  writeFileSync(join(copy, 'templates/notes.yaml'), 'notes: {{ tpl (.Files.Get "notes.tpl") . | toJson }}\n');
  const fixed = ['template', 'main', '.', '--namespace', 'obs', '--show-only', 'templates/notes.yaml'];
  const { stdout, stderr } = helm([...fixed, ...args], copy);
  assert.notEqual(stdout, '', stderr);
  return (parse(stdout) as { notes: string }).notes;
}
