import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = resolve(import.meta.dirname, '../..');
const { packages } = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

test('the lockfile names a version of every optional package of every platform', () => {
  // npm leaves out those that it could not reach when it wrote the lockfile, and `npm ci` then refuses it. They are
  // added by hand: version, integrity, os, cpu, libc and "optional" are enough.
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !packages[`${path}/node_modules/${name}`]?.version)
      .filter((name) => !packages[`node_modules/${name}`]?.version)
      .map((name) => `${name}, of ${path}`),
  );
  assert.deepEqual(missing, []);
});

test('the lockfile pins every package by a hash of its contents', () => {
  // For an entry added by hand: `npm view NAME@VERSION dist.integrity`.
  const unpinned = Object.entries(packages)
    .filter(([path, { link }]) => path !== '' && link !== true)
    .filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''))
    .map(([path]) => path);
  assert.deepEqual(unpinned, []);
});

test('the lockfile names no host that packages came from', () => {
  assert.doesNotMatch(JSON.stringify(packages), /"resolved"/);
});
