import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageStore } from '../image.ts';

/** Contains only `/pause` and the other programs of `tools.c`. */
export const toolsImage = 'localhost/unitledger-node-tools:1';

/** Archives for `ctr images import`. */
export const ARCHIVES = ['unitledger.tar', 'tools.tar'] as const;

/**
 * Builds both images into `folder`. The image of unitledger is built from the checkout each time, which needs the
 * network.
 */
export function buildImages(folder: string): void {
  buildTools(folder);
  const store = new ImageStore();
  try {
    store.build();
    store.save(join(folder, 'unitledger.tar'));
  } finally {
    store.remove();
  }
}

/** An archive in the format of `docker save`: a layer, a configuration, and a manifest that names both. */
function buildTools(folder: string): void {
  const work = mkdtempSync(join(folder, 'tools-'));
  const root = join(work, 'root');
  mkdirSync(root);
  execFileSync('gcc', [
    ...['-O2', '-Wall', '-Wextra', '-Werror', '-static', '-o', join(root, 'pause')],
    join(import.meta.dirname, 'tools.c'),
  ]);
  for (const name of ['load', 'deaf', 'hog']) execFileSync('ln', [join(root, 'pause'), join(root, name)]);
  execFileSync('tar', ['-C', root, '-cf', join(work, 'layer.tar'), '.']);
  const layer = createHash('sha256')
    .update(readFileSync(join(work, 'layer.tar')))
    .digest('hex');
  const config = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Entrypoint: ['/pause'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [toolsImage], Layers: ['layer.tar'] }];
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  const files = ['manifest.json', 'config.json', 'layer.tar'];
  execFileSync('tar', ['-C', work, '-cf', join(folder, 'tools.tar'), ...files]);
  rmSync(work, { recursive: true });
}
