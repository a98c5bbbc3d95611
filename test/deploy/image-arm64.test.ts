import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { skipUnless } from '../skip.ts';
import { ImageStore, imageToolsAvailable } from './image.ts';

const EMULATOR = 'qemu-aarch64-static';
/** `e_machine` of elf(5): EM_AARCH64. */
const AARCH64 = 183;

function available(): true | string {
  if (process.arch === 'arm64') return 'here it is the image of this machine: npm run test:image';
  if (spawnSync('which', [EMULATOR]).status !== 0) return `not installed: ${EMULATOR} (qemu-user-static)`;
  return imageToolsAvailable();
}

describe('the image for arm64, built on another machine', skipUnless(available()), () => {
  let store: ImageStore;
  let root: string;

  before(
    () => {
      store = new ImageStore();
      store.build('arm64');
      root = mkdtempSync('/var/tmp/unitledger-arm64-');
      store.unpack(root);
    },
    { timeout: 15 * 60_000 },
  );
  after(() => {
    store?.remove();
    if (root !== undefined) rmSync(root, { recursive: true });
  });

  /** Runs the image's program by an emulator of its processor: system calls are this machine's. */
  const run = (...args: string[]) =>
    spawnSync(
      EMULATOR,
      ['-L', root, join(root, 'usr/local/bin/node'), join(root, 'app/unitledger.mjs'), ...args],
      { encoding: 'utf8', timeout: 120_000 },
    );

  test('is labelled as arm64', () => {
    assert.equal(store.inspect().Architecture, 'arm64');
  });

  test('contains Node and the native library for that machine, and none for another', () => {
    const native = join(root, 'app/node_modules/@koromix');
    const library = join(native, 'koffi-linux-arm64/linux_arm64/koffi.node');
    for (const file of [join(root, 'usr/local/bin/node'), library])
      assert.equal(machineOf(file), AARCH64, file);
    assert.ok(!existsSync(join(native, 'koffi-linux-x64')));
    const sbom = readFileSync(join(root, 'app/sbom.cdx.json'), 'utf8');
    assert.match(sbom, /"purl": "pkg:npm\/%40koromix\/koffi-linux-arm64@/);
  });

  test('takes at most 60 MB to pull, with 12 MB left for the base image', () => {
    const [, ...own] = store.compressedLayers();
    const bytes = own.reduce((sum, size) => sum + size, 0);
    console.log(`compressed: ${(bytes / 1e6).toFixed(1)} MB without the base image`);
    assert.ok(bytes < 48e6, `${bytes} bytes`);
  });

  test('runs in an emulator, and books CPU by the clock that needs the native library', () => {
    assert.equal(run('--version').stdout, `unitledger ${manifest.version}\n`);
    const options = ['--duration', '3', '--export', 'none', '--summary', 'json'];
    const { status, stdout, stderr } = run(...options, '--pid', String(process.pid));
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /CPU is counted in ticks/);
    const [unit] = (JSON.parse(stdout) as RunDocument).units;
    const rows = unit!.processes.filter(({ cpuSeconds }) => cpuSeconds! > 0);
    assert.ok(
      rows.some(({ cpuSeconds }) => !Number.isInteger(Number((cpuSeconds! * 100).toFixed(4)))),
      JSON.stringify(rows.map(({ cpuSeconds }) => cpuSeconds)),
    );
  });
});

function machineOf(file: string): number {
  const header = Buffer.alloc(20);
  readSync(openSync(file, 'r'), header);
  assert.equal(header.readUInt32BE(0), 0x7f454c46, file);
  return header.readUInt16LE(18);
}
