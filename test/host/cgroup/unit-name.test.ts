import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isSliceName,
  isUnitName,
  unescapeDirectory,
  userOfManager,
} from '../../../src/host/cgroup/unit-name.ts';

test('full names of units that can have a cgroup are valid', () => {
  for (const name of [
    'nginx.service',
    'postgresql@15-main.service',
    'foo@a@b.service',
    'session-3.scope',
    'dev-disk-by\\x2duuid-1.swap',
    'var-lib-x.mount',
    'dbus.socket',
    'a:b_c.d.service',
    '-.mount',
    '-.slice',
    'system-serial\\x2dgetty.slice',
    `${'a'.repeat(247)}.service`,
  ]) {
    assert.ok(isUnitName(name), name);
  }
});

test('templates, other suffixes, other characters, and names that are too long are not', () => {
  for (const name of [
    '',
    'nginx',
    '.service',
    'foo@.service',
    '@x.service',
    'a b.service',
    'ä.service',
    'a/b.service',
    'nginx.service\n',
    'nginx.timer',
    'multi-user.target',
    'nginx.SERVICE',
    'kubepods',
    'docker',
    'lxc.payload.web',
    `${'a'.repeat(248)}.service`,
  ]) {
    assert.ok(!isUnitName(name), name);
  }
});

test('a slice has no instances, and dashes only between its parts', () => {
  for (const name of ['a.slice', 'a-b.slice', 'kubepods-pod1_2.slice', '-.slice'])
    assert.ok(isSliceName(name), name);
  for (const name of ['a@b.slice', '-a.slice', 'a-.slice', 'a--b.slice', '.slice', 'a.service']) {
    assert.ok(!isSliceName(name), name);
    if (name.endsWith('.slice')) assert.ok(!isUnitName(name), name);
  }
});

test('exactly one underscore in front of a directory is an escape', () => {
  assert.equal(unescapeDirectory('_cpu.service'), 'cpu.service');
  assert.equal(unescapeDirectory('__under.service'), '_under.service');
  assert.equal(unescapeDirectory('a_b.service'), 'a_b.service');
});

test('a user manager is identified by the number of its user', () => {
  assert.equal(userOfManager('user@1000.service'), '1000');
  for (const name of [
    'user@.service',
    'user@root.service',
    'user-1000.slice',
    'xuser@1.service',
    'user@1.service2',
  ]) {
    assert.equal(userOfManager(name), undefined, name);
  }
});
