import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportOnce, type TargetFinding } from '../../src/discovery/targets/findings.ts';

test('each unit is reported once for each kind, and units that come without end are not', () => {
  const reported: TargetFinding[] = [];
  const report = reportOnce((finding) => reported.push(finding));
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 20_000; i++)
      report({
        kind: 'threaded',
        unit: `user@1000.service/${i}.service`,
        cgroup: `/${i}`,
        domain: 'outside',
      });
  assert.equal(reported.length, 100);
  for (let round = 0; round < 2; round++)
    report({ kind: 'foreign-pids', unit: 'user@1000.service/1.service', cgroup: '/1', processes: 1 });
  assert.deepEqual(
    reported.slice(100).map(({ kind }) => kind),
    ['foreign-pids'],
  );
});
