import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { baseImagesOf, pinned } from '../../scripts/base-images.ts';
import { stripped } from '../../scripts/strip-elf.ts';

const DOCKERFILE = readFileSync(resolve(import.meta.dirname, '../../Dockerfile'), 'utf8');

describe('base images', () => {
  test('every image that the Dockerfile starts from is an argument, which a release pins', () => {
    const images = baseImagesOf(DOCKERFILE);
    const from = [...DOCKERFILE.matchAll(/^FROM .*?(\S+)(?: AS \w+)?$/gm)].map(([, image]) => image);
    assert.deepEqual(
      from,
      Object.keys(images).map((name) => `\${${name}}`),
    );
    for (const image of Object.values(images)) assert.match(image, /^[a-z.]+\/\S+$/);
  });

  test('an image with a digest is pinned already, and no registry is queried', () => {
    const image = `registry.example:5000/base@sha256:${'0'.repeat(64)}`;
    assert.equal(pinned(image, 'docker'), image);
  });

  test('Node without debug information is smaller, and still runs', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-stripped-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const program = join(folder, 'node');
    writeFileSync(program, stripped(readFileSync(process.execPath)), { mode: 0o755 });
    assert.ok(statSync(program).size < statSync(process.execPath).size);
    const { stdout } = spawnSync(program, ['--print', 'process.version'], { encoding: 'utf8' });
    assert.equal(stdout, `${process.version}\n`);
  });

  test('anything but such a program is rejected', () => {
    assert.throws(() => stripped(Buffer.from('#!/bin/sh\nexit 0\n')), /not an ELF program/);
  });
});
