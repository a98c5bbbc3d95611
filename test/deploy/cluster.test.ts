import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../skip.ts';
import { chart, exampleValues, type Manifest, manifests } from './chart.ts';
import { Cluster } from './cluster.ts';
import { helm, helmAvailable } from './helm.ts';
import { kubernetesAvailable, operatorDefinitions } from './kubernetes.ts';
import { installServers } from './kubernetes-programs.ts';

/** Where the API server has each kind. */
const PATHS: Readonly<Record<string, readonly [api: string, plural: string]>> = {
  ConfigMap: ['api/v1', 'configmaps'],
  DaemonSet: ['apis/apps/v1', 'daemonsets'],
  StatefulSet: ['apis/apps/v1', 'statefulsets'],
  Job: ['apis/batch/v1', 'jobs'],
  Pod: ['api/v1', 'pods'],
  NetworkPolicy: ['apis/networking.k8s.io/v1', 'networkpolicies'],
  Service: ['api/v1', 'services'],
  PodMonitor: ['apis/monitoring.coreos.com/v1', 'podmonitors'],
  ServiceMonitor: ['apis/monitoring.coreos.com/v1', 'servicemonitors'],
  PrometheusRule: ['apis/monitoring.coreos.com/v1', 'prometheusrules'],
};

const needed = helmAvailable === true ? kubernetesAvailable : helmAvailable;

describe('an API server of Kubernetes', skipUnless(needed), () => {
  let cluster: Cluster;

  before(
    async () => {
      installServers();
      cluster = await Cluster.start();
      await cluster.makeNamespace('observability', 'privileged');
      await cluster.makeNamespace('strict', 'baseline');
      await cluster.define(operatorDefinitions());
    },
    { timeout: 40 * 60_000 },
  );
  after(() => cluster?.stop());

  const pathOf = ({ kind }: Manifest, namespace: string) => {
    const [api, plural] = PATHS[kind]!;
    return `/${api}/namespaces/${namespace}/${plural}`;
  };
  const admit = (manifest: Manifest) =>
    cluster.call('POST', `${pathOf(manifest, 'observability')}?dryRun=All&fieldValidation=Strict`, manifest);
  /** What a controller makes of the template of a DaemonSet, Job or StatefulSet. */
  const pod = ({ spec }: Manifest, namespace: string) => {
    const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }: { metadata: { name: string } }) => ({
      name: metadata.name,
      persistentVolumeClaim: { claimName: `${metadata.name}-unitledger-0` },
    }));
    const { metadata, spec: template } = spec.template;
    return {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { ...metadata, name: 'unitledger', namespace },
      spec: { restartPolicy: 'Always', ...template, volumes: [...template.volumes, ...claims] },
    };
  };

  for (const example of readdirSync(join(chart, 'examples'))) {
    test(`admits all manifests of the example "${example}", and its pod`, async () => {
      for (const manifest of manifests(...exampleValues(example))) {
        const { status, body } = await admit(manifest);
        assert.equal(status, 201, JSON.stringify(body));
        if (manifest.spec?.template === undefined) continue;
        const path = '/api/v1/namespaces/observability/pods?dryRun=All&fieldValidation=Strict';
        const one = await cluster.call('POST', path, pod(manifest, 'observability'));
        assert.equal(one.status, 201, JSON.stringify(one.body));
      }
    });
  }

  test('would reject wrong ones', async () => {
    const [daemonSet] = manifests(...exampleValues('minimal')).filter(({ kind }) => kind === 'DaemonSet');
    const wrong = structuredClone(daemonSet!);
    wrong.spec.template.spec.containers[0].securityContext.privileged = true;
    const { status, body } = await admit(wrong);
    assert.equal(status, 422);
    assert.match(body.message, /cannot set `allowPrivilegeEscalation` to false and `privileged` to true/);
  });

  test('rejects its pods in a namespace that is not for privileged ones, as the notes say', async () => {
    for (const example of ['minimal', 'job']) {
      const [, manifest] = manifests(...exampleValues(example));
      const path = '/api/v1/namespaces/strict/pods?dryRun=All';
      const { status, body } = await cluster.call('POST', path, pod(manifest!, 'strict'));
      assert.equal(status, 403);
      assert.match(body.message, /violates PodSecurity "baseline:latest": .*hostPath volumes/);
    }
  });

  test('accepts an installation, an upgrade that restarts the pods, a change of mode, and the uninstallation', async () => {
    const run = (...args: string[]) => {
      const where = ['--kubeconfig', cluster.kubeconfig, '--namespace', 'observability'];
      const { status, stdout, stderr } = helm([...args, ...where], chart);
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const checksum = async () => {
      const path = '/apis/apps/v1/namespaces/observability/daemonsets/unitledger';
      const { body } = await cluster.call('GET', path);
      return body.spec.template.metadata.annotations['checksum/config'];
    };
    const notes = run('install', 'unitledger', '.', '--set', 'targets.services={nginx}');
    assert.match(notes, /kubectl --namespace observability rollout status daemonset\/unitledger/);
    const before = await checksum();
    run('upgrade', 'unitledger', '.', '--reuse-values', '--set', 'options.interval=1s');
    assert.notEqual(await checksum(), before);
    run('upgrade', 'unitledger', '.', ...exampleValues('job'));
    const job = await cluster.call('GET', '/apis/batch/v1/namespaces/observability/jobs/unitledger');
    assert.equal(job.body.spec.template.spec.initContainers[0].restartPolicy, 'Always');
    run('uninstall', 'unitledger');
    const left = await cluster.call('GET', '/api/v1/namespaces/observability/configmaps/unitledger');
    assert.equal(left.status, 404);
  });
});
