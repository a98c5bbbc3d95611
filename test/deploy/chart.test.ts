import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { disk } from '../../src/config/disk.ts';
import { loadConfig } from '../../src/config/load.ts';
import { skipUnless } from '../skip.ts';
import { helm, helmAvailable } from './helm.ts';

const chart = resolve(import.meta.dirname, '../../helm');
const examples = readdirSync(join(chart, 'examples'));
const updateGolden = process.env.UPDATE_GOLDEN === '1';

function render(...args: string[]) {
  return helm(['template', 'unitledger', '.', '--namespace', 'observability', ...args], chart);
}

/** The one manifest that the chart makes out of these values. */
function daemonSet(...args: string[]) {
  const { status, stdout, stderr } = render(...args);
  assert.equal(status, 0, stderr);
  return parse(stdout);
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

/** What the kubelet makes of it: what it knows or keeps secret filled in, and `$(NAME)` of an earlier variable. */
function environmentOf(variables: Container['env']): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, value = 'filled=in' } of variables) {
    environment[name] = value.replaceAll(/\$\((\w+)\)/g, (_, earlier) => environment[earlier]!);
  }
  return environment;
}

describe('the chart', skipUnless(helmAvailable), () => {
  for (const example of examples) {
    const folder = join('examples', example);
    const golden = join(chart, folder, 'rendered.yaml');

    test(`renders the example "${example}" as committed`, () => {
      const { status, stdout, stderr } = render('--values', join(folder, 'values.yaml'));
      assert.equal(status, 0, stderr);
      if (updateGolden) writeFileSync(golden, stdout);
      assert.equal(stdout, readFileSync(golden, 'utf8'));
    });

    test(`hands the program what it takes without a warning, in the example "${example}"`, () => {
      const { args, env } = daemonSet('--values', join(folder, 'values.yaml')).spec.template.spec
        .containers[0] as Container;
      const loaded = loadConfig({ argv: args, env: environmentOf(env), ...disk });
      assert.ok('command' in loaded && loaded.command === 'track');
      const { config } = loaded;
      assert.deepEqual(config.warnings, []);
      assert.equal(config.procRoot, '/host/proc');
      assert.equal(config.cgroupRoot, '/host/sys/fs/cgroup');
      assert.equal(config.targets.length, args.length);
    });

    test(`passes Helm's own checks with the example "${example}"`, () => {
      const { status, stdout } = helm(
        ['lint', '--strict', '.', '--values', join(folder, 'values.yaml')],
        chart,
      );
      assert.equal(status, 0, stdout);
    });
  }

  test('mounts two trees of the node, both read-only, and nothing else', () => {
    const pod = daemonSet('--set', 'targets.services={nginx}').spec.template.spec;
    assert.deepEqual(
      pod.volumes.map((volume: { hostPath: { path: string } }) => volume.hostPath.path),
      ['/proc', '/sys/fs/cgroup'],
    );
    for (const mount of pod.containers[0].volumeMounts) assert.equal(mount.readOnly, true, mount.name);
  });

  test('asks for no more than two capabilities and the node’s process numbers', () => {
    const pod = daemonSet('--set', 'targets.services={nginx}').spec.template.spec;
    assert.equal(pod.hostPID, true);
    assert.equal(pod.automountServiceAccountToken, false);
    for (const name of ['hostNetwork', 'hostIPC', 'serviceAccountName'])
      assert.equal(pod[name], undefined, name);
    assert.deepEqual(pod.containers[0].securityContext, {
      runAsUser: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['SYS_PTRACE', 'DAC_READ_SEARCH'] },
      seccompProfile: { type: 'RuntimeDefault' },
      appArmorProfile: { type: 'Unconfined' },
    });
  });

  test('hands odd names to the program as they are', () => {
    const targets = {
      services: ['-.slice', 'a\\x2db@c:d.service', 'web@*', 'user@1000.service/[!a]?.service'],
      cgroups: ['/a b/$(NODE_NAME)', '/"q\'/ü'],
    };
    const { args } = daemonSet('--set-json', `targets=${JSON.stringify(targets)}`).spec.template.spec
      .containers[0];
    assert.deepEqual(args, [
      '--service=-.slice',
      '--service=a\\x2db@c:d.service',
      '--service=web@*',
      '--service=user@1000.service/[!a]?.service',
      // A variable to Kubernetes, were the dollar sign not doubled.
      '--cgroup=/a b/$$(NODE_NAME)',
      '--cgroup=/"q\'/ü',
    ]);
  });

  const refused = [
    { values: [], says: /Nothing to track: name at least one systemd unit in targets\.services/ },
    { values: ['targets.servces={nginx}'], says: /'\/targets': additional properties 'servces' not allowed/ },
    { values: ['targets.services=nginx'], says: /'\/targets\/services': got string, want array/ },
    { values: ['targets.services={a/b}'], says: /'\/targets\/services\/0': 'a\/b' does not match pattern/ },
    {
      values: ['targets.cgroups={system.slice}'],
      says: /'\/targets\/cgroups\/0': 'system.slice' does not match/,
    },
    { values: ['targets.services={nginx}', 'interval=0'], says: /'\/interval': minimum: got 0/ },
    { values: ['targets.services={nginx}', 'interval=fast'], says: /'\/interval': got string, want number/ },
    { values: ['targets.services={nginx}', 'export.endpoint='], says: /'\/export\/endpoint'/ },
    {
      values: ['targets.services={nginx}', 'hostNetwork=true'],
      says: /additional properties 'hostNetwork' not/,
    },
  ];
  for (const { values, says } of refused) {
    test(`refuses ${values.join(' ') || 'values without a target'}, and says why`, () => {
      const { status, stderr } = render(...values.flatMap((value) => ['--set', value]));
      assert.notEqual(status, 0);
      assert.match(stderr, says);
    });
  }

  test('accepts the values that Helm adds when it is part of another chart', () => {
    daemonSet('--set', 'targets.services={nginx}', '--set', 'global.imageRegistry=x');
  });

  test('says after an installation how to see the first data point', (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'unitledger-chart-'));
    t.after(() => rmSync(copy, { recursive: true }));
    cpSync(chart, copy, { recursive: true });
    // `helm template` leaves the notes out, and only they can show them that have a cluster.
    renameSync(join(copy, 'templates/NOTES.txt'), join(copy, 'notes.tpl'));
    writeFileSync(
      join(copy, 'templates/notes.yaml'),
      'notes: {{ tpl (.Files.Get "notes.tpl") . | toJson }}\n',
    );
    const args = ['template', 'main', '.', '--namespace', 'obs', '--show-only', 'templates/notes.yaml'];
    const { stdout, stderr } = helm([...args, '--set', 'targets.services={nginx}'], copy);
    assert.notEqual(stdout, '', stderr);
    const { notes } = parse(stdout) as { notes: string };
    assert.match(notes, /^unitledger tracks nginx on every node/);
    assert.match(notes, /kubectl --namespace obs rollout status daemonset\/main-unitledger\n/);
    assert.match(notes, /10 s after the start the first data point is at http:\/\/NODE-ADDRESS:4318\./);
  });
});
