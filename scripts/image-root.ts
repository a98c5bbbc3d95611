/**
 * Lays out what the Dockerfile puts on its base image: the bundle in `/app`, and the Node that all of it was built and
 * tested with, as the lockfile pins it, in `/usr/local/bin`. With licences and the bill of materials of both.
 */
import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build } from './build.ts';
import { SBOM, withNode } from './sbom.ts';

const root = resolve(import.meta.dirname, '..');
const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: node scripts/image-root.ts FOLDER');

const app = join(target, 'app');
await build({ entry: join(root, 'src/main.ts'), outdir: app, sourceMap: false });
await copyFile(join(root, 'LICENSE'), join(app, 'LICENSE'));
await copyFile(join(root, 'deploy/healthcheck.mjs'), join(app, 'healthcheck.mjs'));

const node = join(target, 'usr/local/bin/node');
await mkdir(dirname(node), { recursive: true });
await cp(process.execPath, node);
// Names of its own functions, for debuggers: a seventh of it. What native libraries link by stays.
const { error } = spawnSync('strip', ['--strip-all', node], { stdio: 'inherit' });
if (error) console.warn('strip (binutils) is not installed here: the image is 18 MB larger than it need be.');

// A package of npm's that holds Node has its licence, with those of all that is linked into it.
const ofNode = join(dirname(dirname(process.execPath)), 'LICENSE');
await copyFile(ofNode, join(app, 'NODE-LICENSE.txt'));
const sbom = join(app, SBOM);
await writeFile(sbom, withNode(await readFile(sbom, 'utf8'), 'MIT', process.versions));
console.log(`${((await stat(node)).size / 1e6).toFixed(0)} MB  ${node}`);
