import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configIn, refusedIn } from './loading.ts';

const targets = (...argv: string[]) => configIn({}, argv).targets;
const refused = (...argv: string[]) => refusedIn({}, argv).message;

test('targets are in the given order, whatever their kind', () => {
  assert.deepEqual(
    targets('--pid', '7', '--unit=b', '--cgroup', '/x', '--service', 'a.scope', '--pid', '4194304'),
    [
      { kind: 'pid', pid: 7 },
      { kind: 'unit', name: 'b.service' },
      { kind: 'cgroup', path: '/x' },
      { kind: 'unit', name: 'a.scope' },
      { kind: 'pid', pid: 4194304 },
    ],
  );
});

test('a name with * ? or [ is a pattern, for many units', () => {
  assert.deepEqual(
    targets('--service', 'postgresql@*', '--unit', 'user@1000.service/[ab]?', '--unit', 'nginx'),
    [
      { kind: 'units', pattern: 'postgresql@*.service' },
      { kind: 'units', pattern: 'user@1000.service/[ab]?' },
      { kind: 'unit', name: 'nginx.service' },
    ],
  );
  assert.match(refused('--unit', 'a*', '--unit', 'a*'), /^unit a\* is named twice/);
});

test('a pattern of --service matches services if it has no type, one of --unit matches units of any type', () => {
  const patterns = ['*', 'app-1.2*', '*.s*', 'w-*.slice', 'user@*.service/app-*'];
  const patternsBy = (option: string) =>
    targets(...patterns.flatMap((pattern) => [option, pattern])).map((target) =>
      target.kind === 'units' ? target.pattern : target.kind,
    );
  assert.deepEqual(patternsBy('--service'), [
    '*.service',
    'app-1.2*.service',
    '*.s*',
    'w-*.slice',
    'user@*.service/app-*.service',
  ]);
  assert.deepEqual(patternsBy('--unit'), patterns);
  const byVariables = configIn({ env: { UNITLEDGER_SERVICE: 'a*', UNITLEDGER_UNIT: 'a*' } }, []).targets;
  assert.deepEqual(byVariables, [
    { kind: 'units', pattern: 'a*.service' },
    { kind: 'units', pattern: 'a*' },
  ]);
});

test('a command is a target of its own', () => {
  assert.deepEqual(targets('--', 'make', '-j4'), [{ kind: 'command', argv: ['make', '-j4'] }]);
});

test('no target at all is rejected with the ways to name one, and an example', () => {
  const message = refused();
  for (const part of [
    '--service NAME',
    '--cgroup PATH',
    '--pid PID',
    '-- COMMAND',
    'unitledger --service nginx',
  ]) {
    assert.ok(message.includes(part), part);
  }
  assert.equal(refused('--interval', '1'), message);
});

test('a command together with another target is rejected, wherever that was named', () => {
  assert.match(
    refused('--service', 'nginx', '--', 'ls'),
    /\(-- ls\) .* together with --service "nginx": give one/,
  );
  assert.match(refused('--pid', '1', '--', 'ls'), /together with --pid "1"/);
  assert.match(refused('--cgroup', '/', '--', 'ls'), /together with --cgroup "\/"/);
  const inherited = refusedIn({ env: { UNITLEDGER_SERVICE: 'nginx' } }, ['--', 'ls']).message;
  assert.match(inherited, /together with UNITLEDGER_SERVICE "nginx"/);
});

test('the same target twice is rejected, by any names', () => {
  assert.match(
    refused('--service', 'nginx', '--unit', 'nginx.service'),
    /^unit nginx\.service is named twice, by --service "nginx" and --unit "nginx\.service"/,
  );
  assert.match(refused('--pid', '5', '--pid', '5'), /^pid 5 is named twice/);
  assert.match(refused('--cgroup', '/a/b', '--cgroup', '//a/b/'), /^cgroup \/a\/b is named twice/);
  assert.match(
    refusedIn({ env: { UNITLEDGER_SERVICE: 'a,a.service' } }, []).message,
    /^unit a\.service is named twice, by UNITLEDGER_SERVICE "a"/,
  );
});

test('a pid is an integer from 1 to the kernel’s highest', () => {
  for (const text of [
    '0',
    '-1',
    '4194305',
    '1.5',
    '1e3',
    'abc',
    '0x10',
    '99999999999999999999',
    '007',
    ' 1',
    '1 ',
  ]) {
    assert.match(refused('--pid', text), /^--pid must be a whole number from 1 to 4194304, not "/, text);
  }
});

test('a cgroup is an absolute path without ..', () => {
  for (const text of ['system.slice', './x', '/a/../b', '/..', '/a/.', 'a\0', '/a\0']) {
    assert.match(refused('--cgroup', text), /^--cgroup must be an absolute path below the cgroup root/, text);
  }
  assert.deepEqual(targets('--cgroup', '/system.slice//x.service/'), [
    { kind: 'cgroup', path: '/system.slice/x.service' },
  ]);
  assert.deepEqual(targets('--cgroup', '/a..b/...'), [{ kind: 'cgroup', path: '/a..b/...' }]);
  assert.deepEqual(targets('--cgroup', '/'), [{ kind: 'cgroup', path: '/' }]);
});

test('a cgroup given with the root is rejected with the part to omit', () => {
  assert.match(refused('--cgroup', '/sys/fs/cgroup/system.slice'), /leave out \/sys\/fs\/cgroup$/);
  assert.match(refused('--cgroup-root', '/host/cg/', '--cgroup', '/host/cg'), /leave out \/host\/cg$/);
  assert.match(refused('--cgroup', '/sys/fs/cgroup/unified/x'), /leave out \/sys\/fs\/cgroup\/unified$/);
  assert.match(refused('--cgroup', '/sys/fs/cgroup/systemd-x/y'), /leave out \/sys\/fs\/cgroup$/);
  assert.equal(targets('--cgroup-root', '/host/cg', '--cgroup', '/sys/fs/cgroup').length, 1);
  assert.equal(targets('--cgroup-root', '/', '--cgroup', '/x').length, 1);
});

test('an invalid unit name is rejected, and printed escaped', () => {
  assert.match(
    refused('--service', 'a\u001bc\nb'),
    /^--service must be the name of a systemd unit .*, not "a\\x1bc\\nb"$/,
  );
  assert.match(refused('--service', 'x'.repeat(10_000)), /x…"$/);
  assert.match(
    refused('--service', 'postgresql@.service'),
    /^--service "postgresql@\.service" is a template/,
  );
  assert.match(refused('--unit', 'web-[*'), /^--unit "web-\[\*" is not a valid pattern/);
});

test('a pod is named by its uid, as in the API, or as set by the kubelet for a pod from a file', () => {
  const uid = '0B1C2D3E-4F50-6172-8394-a5b6c7d8e9f0';
  const digits = '0b1c2d3e4f5061728394a5b6c7d8e9f0';
  assert.deepEqual(targets('--pod-uid', uid, '--pod-uid', digits), [
    { kind: 'pod', uid: uid.toLowerCase() },
    { kind: 'pod', uid: digits },
  ]);
  assert.match(refused('--pod-uid', 'web-0'), /^--pod-uid must be a pod's metadata\.uid, such as 0b1c2d3e-/);
  assert.match(refused('--pod-uid', uid, '--pod-uid', uid.toLowerCase()), /^pod 0b1c.* is named twice/);
});
