import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { suggestions } from '../../../src/discovery/units/suggestions.ts';

const UNITS = [
  'nginx.service',
  'ssh.service',
  'postgresql@15-main.service',
  'postgresql@16-main.service',
  'system-postgresql.slice',
  'cron.service',
  'systemd-journald.service',
  'user@1000.service/nginx.service',
];

for (const [asked, near] of [
  ['ngnix.service', ['nginx.service', 'user@1000.service/nginx.service']],
  ['nginx.socket', ['nginx.service', 'user@1000.service/nginx.service']],
  [
    'postgresql.service',
    ['postgresql@15-main.service', 'system-postgresql.slice', 'postgresql@16-main.service'],
  ],
  ['postgresql@15.service', ['postgresql@15-main.service']],
  ['journald.service', ['systemd-journald.service']],
  ['Cron.service', ['cron.service']],
  ['mysql.service', []],
] as const) {
  test(`suggestions for ${asked}: ${near.length === 0 ? 'none' : near.join(', ')}`, () => {
    assert.deepEqual(suggestions(asked, UNITS).toSorted(), near.toSorted());
  });
}

test('there are at most three, no duplicates, and only existing names', () => {
  const name = fc.stringMatching(/^[ab]{0,6}(\.service)?$/);
  fc.assert(
    fc.property(name, fc.array(name), (asked, units) => {
      const near = suggestions(asked, units);
      assert.ok(near.length <= 3 && new Set(near).size === near.length);
      for (const unit of near) assert.ok(units.includes(unit));
    }),
  );
});

test('the nearest comes first', () => {
  assert.equal(
    suggestions('nginx.service', ['nginx-proxy.service', 'nginy.service', 'nginx.socket'])[0],
    'nginx.socket',
  );
});
