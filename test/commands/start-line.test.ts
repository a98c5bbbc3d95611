import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startLine } from '../../src/commands/track/start-line.ts';
import type { Config } from '../../src/config/config.ts';
import { openTargets } from '../../src/discovery/open-targets.ts';
import type { TargetRequest } from '../../src/discovery/targets/targets.ts';
import { copiedHost, makeCgroup, savedHost } from '../discovery/saved-tree.ts';

function lineOf(t: TestContext, requests: readonly TargetRequest[], durationSeconds = 0): string {
  const { layout, procRoot } = savedHost('v2');
  const targets = openTargets({ targets: requests, layout, procRoot, report() {} });
  t.after(() => targets.close());
  return startLine(
    { durationSeconds, intervalSeconds: 0.5, targets: requests as Config['targets'] } as Config,
    targets,
  );
}

const unit = (name: string): TargetRequest => ({ kind: 'unit', name });
const units = (pattern: string): TargetRequest => ({ kind: 'units', pattern });

test('what is followed, how often and how long, and what is waited for', (t) => {
  assert.equal(
    lineOf(t, [unit('nginx.service'), unit('late.service')]),
    'following nginx.service, late.service every 0.5 s, until interrupted; waiting for late.service',
  );
  assert.equal(lineOf(t, [{ kind: 'pid', pid: 800 }], 30), 'following pid:800 every 0.5 s, for 30 s');
});

test('a misspelt unit has suggestions, because a run without an end never prints the advice at its end', (t) => {
  assert.match(
    lineOf(t, [unit('ngnix.service'), { kind: 'pid', pid: 4194304, label: 'nginx.servic' }]),
    /; waiting for ngnix\.service \(similar: nginx\.service.*\), nginx\.servic$/,
  );
});

test('a unit that appears before the line is logged is not similar to itself', (t) => {
  const host = copiedHost(t, 'v2');
  const targets = [unit('late.service')];
  const opened = openTargets({ targets, layout: host.layout, procRoot: host.procRoot, report() {} });
  t.after(() => opened.close());
  makeCgroup(host, '/system.slice/late.service');
  const config = {
    durationSeconds: 1,
    intervalSeconds: 0.5,
    targets: targets as Config['targets'],
  } as Config;
  assert.match(startLine(config, opened), /; waiting for late\.service$/);
});

test('of a pattern, how many units it matches, those that were asked for by name too', (t) => {
  assert.equal(
    lineOf(t, [units('user*.s[el]*'), units('n*.service'), units('none*'), unit('nginx.service')], 1),
    'following user*.s[el]* (3 units), n*.service (1 unit), none* (0 units), nginx.service every 0.5 s, for 1 s; ' +
      'waiting for none*',
  );
});

test('no more than a few names are told', (t) => {
  const many = Array.from({ length: 8 }, (_, i) => unit(`u${i}.service`));
  assert.match(
    lineOf(t, many),
    /^following u0\.service, .*, u4\.service and 3 more every .* for u0.* and 3 more$/,
  );
});

test('names are printed harmlessly', (t) => {
  assert.match(lineOf(t, [{ kind: 'pid', pid: 800, label: '\u001b[31m' }]), /^following \\x1b\[31m every/);
});
