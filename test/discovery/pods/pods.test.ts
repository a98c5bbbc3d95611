import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type OpenedTargets, openTargets } from '../../../src/discovery/open-targets.ts';
import { copiedHost, makeCgroup, membersOf, removeCgroup, type SavedHost } from '../saved-tree.ts';

const uid = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const escaped = uid.replaceAll('-', '_');

function open(t: TestContext, host: SavedHost): OpenedTargets {
  const { layout, procRoot } = host;
  const report = () => assert.fail('nothing to report');
  const targets = openTargets({
    targets: [{ kind: 'pod', uid }],
    layout,
    procRoot,
    report,
    thoroughEvery: 4,
  });
  t.after(() => targets.close());
  return targets;
}

const found = (targets: OpenedTargets) => targets.instances.map(({ unit, cgroup }) => [unit, cgroup]);

for (const [what, path] of [
  ['guaranteed, by the systemd driver', `/kubepods.slice/kubepods-pod${escaped}.slice`],
  [
    'burstable, by the systemd driver',
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${escaped}.slice`,
  ],
  [
    'best effort, by the systemd driver',
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${escaped}.slice`,
  ],
  ['guaranteed, by the cgroupfs driver', `/kubepods/pod${uid}`],
  ['burstable, by the cgroupfs driver', `/kubepods/burstable/pod${uid}`],
  ['best effort, by the cgroupfs driver', `/kubepods/besteffort/pod${uid}`],
  [
    'of a kubelet with a cgroup root of its own',
    `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${escaped}.slice`,
  ],
  [
    'of a node that is a container',
    `/system.slice/docker-${'a'.repeat(64)}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${escaped}.slice`,
  ],
] as const) {
  test(`a pod is found with all its containers: ${what}`, (t) => {
    const host = copiedHost(t, 'v2');
    makeCgroup(host, path.slice(0, path.lastIndexOf('/')));
    makeCgroup(host, path);
    makeCgroup(host, `${path}/cri-containerd-1.scope`, [31]);
    makeCgroup(host, `${path}/cri-containerd-2.scope`, [32, 33]);
    const targets = open(t, host);
    assert.deepEqual(found(targets), [[`pod:${uid}`, path]]);
    assert.deepEqual(membersOf(targets.instances[0]), [31, 32, 33]);
  });
}

test('a pod of another uid is not mistaken for it, nor one inside of another pod', (t) => {
  const host = copiedHost(t, 'v2');
  const other = `/kubepods/pod${uid.replace('0b', '0c')}`;
  makeCgroup(host, other, [40]);
  makeCgroup(host, `${other}/kubepods/pod${uid}`, [41]);
  makeCgroup(host, `/kubepods/xpod${uid}`, [42]);
  assert.deepEqual(found(open(t, host)), []);
});

test('a pod that is created later at an unusual path is found by the next thorough search, and its end is detected', (t) => {
  const host = copiedHost(t, 'v2');
  const targets = open(t, host);
  const path = `/nodes/kubepods/pod${uid}`;
  makeCgroup(host, path, [50]);
  for (let refresh = 0; refresh < 4; refresh++) targets.refresh();
  assert.deepEqual(found(targets), [[`pod:${uid}`, path]]);
  removeCgroup(host, path);
  targets.refresh();
  assert.deepEqual(found(targets), []);
});
