/**
 * Lays out what the Dockerfile puts on its base image: the bundle in `/app`, and the Node that all of it was built and
 * tested with, as the lockfile pins it, in `/usr/local/bin`. With licences and the bill of materials of both.
 *
 *     node scripts/image-root.ts FOLDER [amd64|arm64]
 *
 * For another machine than the one that builds, Node and the native library for it come out of the same lockfile, and
 * nothing is emulated. Only its own Node could compile the program ahead: there, each start compiles it.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from './build.ts';
import { SBOM, withNode } from './sbom.ts';
import { stripped } from './strip-elf.ts';

/** Architectures as images name them, and as Node does. */
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'arm64' };

const root = resolve(import.meta.dirname, '..');
const [target, named = ''] = process.argv.slice(2);
const arch = named === '' ? process.arch : ARCHITECTURES[named];
if (target === undefined || arch === undefined)
  throw new Error(
    `usage: node scripts/image-root.ts FOLDER [${Object.keys(ARCHITECTURES).join('|')}], not "${named}"`,
  );
const isOwn = arch === process.arch;

const app = join(target, 'app');
const packages = isOwn ? join(root, 'node_modules') : await packagesFor(arch);
await build({
  entry: join(root, 'src/main.ts'),
  outdir: app,
  sourceMap: false,
  ...(isOwn ? {} : { foreignPackages: packages }),
});
await copyFile(join(root, 'LICENSE'), join(app, 'LICENSE'));
await copyFile(join(root, 'deploy/healthcheck.mjs'), join(app, 'healthcheck.mjs'));

const node = join(target, 'usr/local/bin/node');
const source = isOwn ? process.execPath : join(packages, `node-linux-${arch}/bin/node`);
await mkdir(dirname(node), { recursive: true });
await writeFile(node, stripped(await readFile(source)), { mode: 0o755 });

// For `kubectl exec POD -- unitledger`. The base image has no `env`, and the kernel passes a script's interpreter one argument.
await writeFile(
  join(target, 'usr/local/bin/unitledger'),
  "#!/usr/local/bin/node --max-semi-space-size=1\nimport('/app/unitledger.mjs');\n",
  { mode: 0o755 },
);

// A package of npm's that holds Node has its licence, with those of all that is linked into it.
await copyFile(join(dirname(dirname(source)), 'LICENSE'), join(app, 'NODE-LICENSE.txt'));
const sbom = join(app, SBOM);
// The Node of another machine is of the same version, and made of the same parts.
await writeFile(sbom, withNode(await readFile(sbom, 'utf8'), 'MIT', process.versions));
if (!isOwn) await rm(dirname(packages), { recursive: true });
console.log(`${((await stat(node)).size / 1e6).toFixed(0)} MB  ${node} (${arch})`);

/** The `node_modules` that `npm ci` would make on a machine of that architecture. */
async function packagesFor(cpu: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'unitledger-packages-'));
  for (const file of ['package.json', 'package-lock.json'])
    await copyFile(join(root, file), join(folder, file));
  const quiet = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'];
  // npm takes the C library for that of this machine, which it is not asked about.
  execFileSync('npm', ['ci', ...quiet, '--os=linux', `--cpu=${cpu}`, '--libc=glibc'], {
    cwd: folder,
    stdio: 'inherit',
  });
  return join(folder, 'node_modules');
}
