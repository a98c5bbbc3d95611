import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { containerPlaceOf } from '../../../src/host/cgroup/container-path.ts';

const ID = '0123456789abcdef'.repeat(4);
const UID = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const UNDERSCORED = UID.replaceAll('-', '_');
const STATIC = 'd41d8cd98f00b204e9800998ecf8427e';

for (const [path, containerId, podUid] of [
  [`/system.slice/docker-${ID}.scope`, ID, null],
  [`/docker/${ID}`, ID, null],
  [`/machine.slice/libpod-${ID}.scope`, ID, null],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`, ID, null],
  [`/machine.slice/libpod-conmon-${ID}.scope`, null, null],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
    ID,
    UID,
  ],
  [`/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-${ID}.scope`, ID, UID],
  [`/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-conmon-${ID}.scope`, null, UID],
  [`/kubepods/besteffort/pod${UID}/${ID}`, ID, UID],
  [`/kubepods.slice/kubepods-pod${STATIC}.slice/docker-${ID}.scope`, ID, STATIC],
  [`/kubepods/pod${STATIC}`, null, STATIC],
  [
    `/system.slice/containerd.service/kubepods-besteffort-pod${UNDERSCORED}.slice:cri-containerd:${ID}`,
    ID,
    UID,
  ],
  [`/docker/${'f'.repeat(64)}/docker/${ID}`, ID, null],
  ['/system.slice/nginx.service', null, null],
  [`/system.slice/docker-${ID.slice(1)}.scope`, null, null],
  [`/system.slice/docker-${ID.toUpperCase()}.scope`, null, null],
  ['/kubepods.slice/kubepods-podnot_a_uid.slice', null, null],
  ['/podman/podcast', null, null],
  ['', null, null],
] as const) {
  test(`${path || 'an empty path'} shows ${containerId === null ? 'no container' : 'its container'}`, () => {
    assert.deepEqual(containerPlaceOf(path), { containerId, podUid });
  });
}

test('whatever a path is, the parsed parts are contained in it', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(`docker-${ID}.scope`, ID, `pod${UID}`, `kubepods-pod${UNDERSCORED}.slice`),
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), (names) => {
      const path = `/${names.join('/')}`;
      const { containerId, podUid } = containerPlaceOf(path);
      if (containerId !== null) assert.ok(path.includes(containerId) && /^[0-9a-f]{64}$/.test(containerId));
      if (podUid !== null) assert.ok(path.replaceAll('_', '-').includes(podUid));
    }),
  );
});
