import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { skipUnless } from '../skip.ts';
import { chart, exampleValues, kind, manifests } from './chart.ts';
import { helmAvailable } from './helm.ts';
import { KubernetesKinds, kubernetesAvailable, kubernetesVersion } from './kubernetes.ts';

const needed = helmAvailable === true ? kubernetesAvailable : helmAvailable;

describe(
  `the chart's manifests, as Kubernetes ${kubernetesVersion} defines its objects`,
  skipUnless(needed),
  () => {
    let kinds: KubernetesKinds;
    before(() => {
      kinds = new KubernetesKinds();
    });

    for (const example of readdirSync(join(chart, 'examples'))) {
      test(`are valid in the example "${example}"`, () => {
        for (const manifest of manifests(...exampleValues(example)))
          assert.deepEqual(kinds.problemsOf(manifest), [], manifest.kind);
      });
    }

    test('are valid for the Prometheus operator, and for the sidecar of Grafana, to the last byte of a dashboard', () => {
      const on = [
        'networkPolicy.enabled',
        'podMonitor.enabled',
        'prometheusRule.enabled',
        'dashboards.enabled',
      ].map((name) => `${name}=true`);
      const set = ['--set', `${on.join()},spool.type=emptyDir,podMonitor.labels.release=prometheus`];
      const all = manifests('--set', 'targets.services={nginx}', ...set);
      for (const manifest of all) assert.deepEqual(kinds.problemsOf(manifest), [], manifest.kind);
      assert.equal(kind(all, 'PodMonitor').spec.podMetricsEndpoints[0].port, 'metrics');
      const files = globSync('*.json', { cwd: join(chart, 'dashboards') });
      const shipped = all.flatMap(({ kind: name, data = {} }) =>
        name === 'ConfigMap' ? Object.entries(data).filter(([key]) => key.endsWith('.json')) : [],
      );
      assert.deepEqual(shipped.map(([key]) => key).sort(), files.sort());
      for (const [key, text] of shipped)
        assert.equal(text, readFileSync(join(chart, 'dashboards', key), 'utf8'), key);
    });

    test('are distinguished from wrong ones: an unknown key, a wrong type, a missing field, another kind', () => {
      const good = kind(manifests(...exampleValues('minimal')), 'DaemonSet');
      const problems = (change: (pod: Record<string, unknown>) => void) => {
        const copy = structuredClone(good);
        change(copy.spec.template.spec);
        return kinds.problemsOf(copy).join('\n');
      };
      assert.match(
        problems((pod) => Object.assign(pod, { hostPid: true })),
        /must NOT have additional properties.*hostPid/,
      );
      assert.match(
        problems((pod) => Object.assign(pod, { hostPID: 'yes' })),
        /\/hostPID must be boolean/,
      );
      assert.match(
        problems((pod) => delete pod.containers),
        /must have required property 'containers'/,
      );
      assert.match(kinds.problemsOf({ ...good, kind: 'DaemonSett' }).join(), /no kind that is known/);
    });
  },
);
