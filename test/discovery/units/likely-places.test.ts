import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { likelyPlaces } from '../../../src/discovery/cgroups/cgroup-finder.ts';
import { isUnitName } from '../../../src/host/cgroup/unit-name.ts';
import { unitOfPath } from '../../../src/host/cgroup/unit-path.ts';

const MANAGER = '/user.slice/user-1000.slice/user@1000.service';

for (const [unit, place] of [
  ['nginx.service', '/system.slice/nginx.service'],
  ['cpu.service', '/system.slice/_cpu.service'],
  ['_under.service', '/system.slice/__under.service'],
  ['postgresql@15-main.service', '/system.slice/system-postgresql.slice/postgresql@15-main.service'],
  ['serial-getty@ttyS0.service', '/system.slice/system-serial\\x2dgetty.slice/serial-getty@ttyS0.service'],
  ['a-b-c.slice', '/a.slice/a-b.slice/a-b-c.slice'],
  ['-.slice', '/'],
  ['init.scope', '/init.scope'],
  ['user@1000.service', MANAGER],
  ['user@1000.service/nginx.service', `${MANAGER}/app.slice/nginx.service`],
  ['user@1000.service/sync@home.service', `${MANAGER}/app.slice/app-sync.slice/sync@home.service`],
  ['user@1000.service/session.slice', `${MANAGER}/session.slice`],
  ['user@1000.service/init.scope', `${MANAGER}/init.scope`],
] as const) {
  test(`${unit} is looked for at ${place}`, () => {
    assert.ok(likelyPlaces(unit).includes(place), likelyPlaces(unit).join(' '));
  });
}

test('a name qualified by something other than a user manager has no likely path', () => {
  assert.deepEqual(likelyPlaces('nginx.service/x.service'), []);
});

test('the rule for paths gives every likely place of a unit to that unit', () => {
  const name = fc
    .stringMatching(/^[A-Za-z0-9:_.\\-]{1,12}(@[a-z0-9-]{1,4})?\.(service|scope|slice|socket|mount|swap)$/)
    .filter(isUnitName);
  const unit = fc.oneof(
    name,
    name.map((below) => `user@7.service/${below}`),
  );
  fc.assert(
    fc.property(unit, (asked) => {
      for (const path of likelyPlaces(asked)) {
        const place = unitOfPath(path);
        assert.deepEqual(place && [place.unit, place.subPath], [asked, ''], path);
      }
    }),
  );
});
