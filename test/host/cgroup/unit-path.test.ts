import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unitOfPath } from '../../../src/host/cgroup/unit-path.ts';

const MANAGER = '/user.slice/user-1000.slice/user@1000.service';

/** Path → unit, path of the unit's own cgroup, sub-path. */
const cases: readonly (readonly [string, readonly [string, string, string] | null])[] = [
  ['/system.slice/nginx.service', ['nginx.service', '/system.slice/nginx.service', '']],
  ['/system.slice/nginx.service/workers/a', ['nginx.service', '/system.slice/nginx.service', '/workers/a']],
  ['/nginx.service', ['nginx.service', '/nginx.service', '']],
  ['/init.scope', ['init.scope', '/init.scope', '']],
  ['/a.slice/a-b.slice/c.service', ['c.service', '/a.slice/a-b.slice/c.service', '']],
  ['/system.slice', ['system.slice', '/system.slice', '']],
  ['/a.slice/a-b.slice', ['a-b.slice', '/a.slice/a-b.slice', '']],
  ['/', ['-.slice', '/', '']],
  ['/system.slice/_cpu.service', ['cpu.service', '/system.slice/_cpu.service', '']],
  ['/system.slice/__under.service/_x', ['_under.service', '/system.slice/__under.service', '/_x']],
  ['/system.slice/d.service/.control', ['d.service', '/system.slice/d.service', '/.control']],
  // What is below a unit is the unit's, whatever it is called.
  ['/system.slice/d.service/nginx.service', ['d.service', '/system.slice/d.service', '/nginx.service']],
  [
    '/system.slice/docker-4f1c.scope/system.slice/nginx.service',
    ['docker-4f1c.scope', '/system.slice/docker-4f1c.scope', '/system.slice/nginx.service'],
  ],
  [
    '/machine.slice/systemd-nspawn@box.service/payload/system.slice/nginx.service',
    [
      'systemd-nspawn@box.service',
      '/machine.slice/systemd-nspawn@box.service',
      '/payload/system.slice/nginx.service',
    ],
  ],
  [
    '/kubepods.slice/kubepods-pod1.slice/cri-containerd-4f.scope/nginx.service',
    [
      'cri-containerd-4f.scope',
      '/kubepods.slice/kubepods-pod1.slice/cri-containerd-4f.scope',
      '/nginx.service',
    ],
  ],
  // Where there is no unit, there is none below.
  ['/docker/4f1c', null],
  ['/docker/4f1c/nginx.service', null],
  ['/kubepods/pod1/nginx.service', null],
  ['/lxc.payload.web/system.slice/nginx.service', null],
  ['/system.slice/not-a-unit/nginx.service', null],
  ['/system.slice/template@.service/nginx.service', null],
  ['/-.slice/nginx.service', null],
  // User managers.
  [MANAGER, ['user@1000.service', MANAGER, '']],
  [`${MANAGER}/init.scope`, ['user@1000.service/init.scope', `${MANAGER}/init.scope`, '']],
  [`${MANAGER}/app.slice`, ['user@1000.service/app.slice', `${MANAGER}/app.slice`, '']],
  [
    `${MANAGER}/app.slice/nginx.service/x`,
    ['user@1000.service/nginx.service', `${MANAGER}/app.slice/nginx.service`, '/x'],
  ],
  [
    `${MANAGER}/app.slice/box.scope/nginx.service`,
    ['user@1000.service/box.scope', `${MANAGER}/app.slice/box.scope`, '/nginx.service'],
  ],
  // Only once: a manager inside a manager is a unit like others.
  [
    `${MANAGER}/app.slice/user@7.service/x.service`,
    ['user@1000.service/user@7.service', `${MANAGER}/app.slice/user@7.service`, '/x.service'],
  ],
  [`${MANAGER}/odd`, ['user@1000.service', MANAGER, '/odd']],
  [`${MANAGER}/app.slice/odd/nginx.service`, ['user@1000.service', MANAGER, '/app.slice/odd/nginx.service']],
  [
    '/user.slice/user-1000.slice/session-3.scope',
    ['session-3.scope', '/user.slice/user-1000.slice/session-3.scope', ''],
  ],
  // Outside of the reader's cgroup namespace.
  ['/..', null],
  ['/../../system.slice/nginx.service', null],
];

for (const [path, expected] of cases) {
  test(`${path} belongs to ${expected === null ? 'no unit' : expected[0]}`, () => {
    const place = unitOfPath(path);
    assert.deepEqual(place && [place.unit, place.unitPath, place.subPath], expected);
  });
}

const name = fc.oneof(
  fc.constantFrom(
    'a.slice',
    'a-b.slice',
    'x.service',
    'user@1000.service',
    'docker',
    '_cpu.service',
    '-.slice',
    '..',
  ),
  fc.string(),
);

test('a result is one path split in two, and below a unit that is not a manager everything belongs to that unit', () => {
  fc.assert(
    fc.property(fc.array(name), name, (names, below) => {
      const path = `/${names.join('/')}`;
      const place = unitOfPath(path);
      if (place === null) return;
      const clean = `/${names
        .join('/')
        .split('/')
        .filter((part) => part !== '')
        .join('/')}`;
      assert.equal(place.unitPath === '/' ? place.subPath || '/' : place.unitPath + place.subPath, clean);
      if (place.subPath === '' && (place.unit.endsWith('.slice') || place.unit === 'user@1000.service'))
        return;
      if (below.includes('..')) return;
      if (place.unit === 'user@1000.service') return;
      assert.equal(unitOfPath(`${path}/${below}`)?.unit, place.unit);
    }),
  );
});
