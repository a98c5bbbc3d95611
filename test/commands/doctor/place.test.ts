import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlaceSigns, placeOf } from '../../../src/commands/doctor/place.ts';
import { parseMountinfo } from '../../../src/host/proc/mountinfo.ts';

const HOST_ROOT = '26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';
const IMAGE_ROOT = '620 541 0:61 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n';
/** Of a pod on a node with containerd. */
const KUBELET_HOSTS =
  '700 620 254:0 /var/lib/kubelet/pods/0d8c6a3e-5f6e-4f4c-9a55-6f5c7f4d2a11/etc-hosts /etc/hosts rw,relatime - ext4 /dev/vda rw\n';

function place(
  signs: Partial<Omit<PlaceSigns, 'mounts' | 'exists'>> & { mountinfo?: string; files?: string[] },
) {
  const { mountinfo = HOST_ROOT, files = [], ...rest } = signs;
  return placeOf({
    environment: {},
    isInitialPidNamespace: true,
    ...rest,
    mounts: parseMountinfo(mountinfo),
    exists: (path) => files.includes(path),
  });
}

test('a machine that boots from a disk is a bare host', () => {
  assert.equal(place({}), 'host');
  assert.equal(place({ environment: { KUBERNETES_SERVICE_HOST: '', container: '' } }), 'host');
  // Without CAP_SYS_PTRACE the namespace of PID 1 is not known.
  assert.equal(place({ isInitialPidNamespace: null }), 'host');
});

test('each sign of a container is enough, also with the PID namespace of the host', () => {
  assert.equal(place({ files: ['/.dockerenv'] }), 'docker');
  assert.equal(place({ files: ['/run/.containerenv'] }), 'docker');
  assert.equal(place({ environment: { container: 'podman' } }), 'docker');
  assert.equal(place({ mountinfo: IMAGE_ROOT }), 'docker');
  assert.equal(place({ isInitialPidNamespace: false }), 'docker');
});

test('a pod differs from other containers in its variables or in mounts of the kubelet', () => {
  const image = { mountinfo: IMAGE_ROOT, isInitialPidNamespace: false };
  assert.equal(place({ ...image, environment: { KUBERNETES_SERVICE_HOST: '10.96.0.1' } }), 'kubernetes');
  assert.equal(place({ ...image, mountinfo: IMAGE_ROOT + KUBELET_HOSTS }), 'kubernetes');
  // With hostPID.
  assert.equal(place({ mountinfo: IMAGE_ROOT + KUBELET_HOSTS }), 'kubernetes');
});
