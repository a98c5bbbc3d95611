import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceWithoutData } from '../../src/commands/track/advice.ts';
import type { Config, TargetName } from '../../src/config/config.ts';
import { savedHost } from '../discovery/saved-tree.ts';

function adviceOn(target: TargetName, near: readonly string[], cgroupRoot = '/cg'): string {
  const config = { targets: [target], cgroupRoot, procRoot: '/p' } as unknown as Config;
  return adviceWithoutData(config, () => near).split('\n')[1]!;
}

test('for a pattern without matches: how to list the units, and similar names', () => {
  const pattern: TargetName = { kind: 'units', pattern: 'postgresl@*' };
  assert.equal(
    adviceOn(pattern, ['postgresql@15-main.service']),
    "  postgresl@*: no cgroup below /cg matches; check the pattern, and that a matching unit is running (systemctl list-units 'postgresl@*'); similar: postgresql@15-main.service",
  );
  assert.match(adviceOn(pattern, []), /list-units 'postgresl@\*'\)$/);
});

test('of a pattern whose units had no process that was seen, which those are', () => {
  assert.equal(
    adviceOn({ kind: 'units', pattern: 'dev-*' }, ['dev-a.mount', 'dex.service']),
    '  dev-*: matches dev-a.mount, but no process was seen there',
  );
});

test('of a cgroup on a hybrid host, the tree in which it was searched', () => {
  const { cgroupRoot } = savedHost('hybrid');
  assert.equal(
    adviceOn({ kind: 'cgroup', path: '/unified/x' }, [], cgroupRoot),
    `  cgroup /unified/x: check that this directory exists below ${cgroupRoot}/unified and has processes`,
  );
});
