import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DirectoryEvents, openDirectoryEvents } from '../../../src/host/cgroup/directory-events.ts';
import { canMakeCgroups, RealCgroups } from '../../real-cgroups.ts';
import { skipUnless } from '../../skip.ts';

const opened = openDirectoryEvents();
if (typeof opened !== 'string') opened.close();
const needs = skipUnless(typeof opened !== 'string' || opened);

function queue(t: TestContext): DirectoryEvents {
  const events = openDirectoryEvents();
  assert.ok(typeof events !== 'string');
  t.after(() => events.close());
  return events;
}

function drained(events: DirectoryEvents): { told: [number, string, string][]; isWhole: boolean } {
  const told: [number, string, string][] = [];
  const isWhole = events.drain((...event) => told.push(event));
  return { told, isWhole };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'unitledger-events-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('directories that came and went are told in order, once, and files are not', needs, (t) => {
  const events = queue(t);
  const [one, other] = [folder(t), folder(t)];
  const [first, second] = [events.watch(one), events.watch(other)];
  assert.ok(first !== null && second !== null && first !== second);
  assert.deepEqual(drained(events), { told: [], isWhole: true });
  mkdirSync(join(one, 'a.service'));
  writeFileSync(join(one, 'file'), '');
  rmdirSync(join(one, 'a.service'));
  mkdirSync(join(other, 'ü\\x20.service'));
  renameSync(join(other, 'ü\\x20.service'), join(one, 'b.service'));
  assert.deepEqual(drained(events).told, [
    [first, 'made', 'a.service'],
    [first, 'removed', 'a.service'],
    [second, 'made', 'ü\\x20.service'],
    [second, 'removed', 'ü\\x20.service'],
    [first, 'made', 'b.service'],
  ]);
  assert.deepEqual(drained(events).told, []);
});

test('more events than one read holds are all told', needs, (t) => {
  const events = queue(t);
  const path = folder(t);
  events.watch(path);
  for (let i = 0; i < 600; i++) mkdirSync(join(path, `a-name-that-is-rather-long-${i}.service`));
  const { told, isWhole } = drained(events);
  assert.equal(new Set(told.map(([, , name]) => name)).size, 600);
  assert.ok(isWhole);
});

test('what the queue had no room for is said to be lost', needs, (t) => {
  const events = queue(t);
  const path = folder(t);
  events.watch(path);
  const [one, other] = [join(path, 'x'), join(path, 'y')];
  mkdirSync(one);
  for (let i = 0; i < 5_000; i++) {
    renameSync(one, other);
    renameSync(other, one);
  }
  assert.equal(drained(events).isWhole, false);
  assert.deepEqual(drained(events), { told: [], isWhole: true });
});

test('what is not watched, or no longer, is not told', needs, (t) => {
  const events = queue(t);
  const path = folder(t);
  assert.equal(events.watch(join(path, 'nothing')), null);
  writeFileSync(join(path, 'file'), '');
  assert.equal(events.watch(join(path, 'file')), null);
  const watch = events.watch(path);
  assert.ok(watch !== null);
  events.unwatch(watch);
  mkdirSync(join(path, 'x'));
  assert.deepEqual(drained(events).told, []);
});

test('the kernel tells of cgroups', { ...needs, ...skipUnless(canMakeCgroups()) }, async (t) => {
  const events = queue(t);
  const cgroups = new RealCgroups(t);
  cgroups.make('/a.slice');
  const watch = events.watch(`${cgroups.root}/a.slice`);
  cgroups.make('/a.slice/x.service');
  await cgroups.remove('/a.slice/x.service');
  assert.deepEqual(drained(events).told, [
    [watch, 'made', 'x.service'],
    [watch, 'removed', 'x.service'],
  ]);
});
