/**
 * Builds what a release consists of, into a folder of its own: the bundle, the packed chart, the bill of materials, the
 * image as an archive, and SHA256SUMS over all of them. Nothing is pushed and nothing is signed.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import manifest from '../package.json' with { type: 'json' };
import { baseImagesOf, pinned } from './base-images.ts';
import { build } from './build.ts';
import { SBOM } from './sbom.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    outdir: { type: 'string', default: join(root, 'dist/release') },
    /** `docker`, `podman` or `buildah`; `none` leaves the image out. */
    builder: { type: 'string', default: 'docker' },
    helm: { type: 'string', default: 'helm' },
    /** Base images in place of the Dockerfile's. A tag is turned into the digest that its registry has under it. */
    'build-image': { type: 'string' },
    'base-image': { type: 'string' },
    /** Build with base images as they are named, where no registry can be asked for a digest. */
    unpinned: { type: 'boolean', default: false },
    /** What the image is built for, each an archive of its own: `linux/amd64`, `linux/arm64`. */
    platform: {
      type: 'string',
      multiple: true,
      default: [`linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`],
    },
    /** Build from a checkout that is not clean, to try it. */
    dirty: { type: 'boolean', default: false },
  },
});

const { version } = manifest;
const run = (command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' }).trim();

const revision = run('git', 'rev-parse', 'HEAD');
checkVersions();
if (!values.dirty && run('git', 'status', '--porcelain') !== '')
  throw new Error('the checkout has changes: commit them, or say --dirty to try a release');

const outdir = resolve(values.outdir);
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const name = `unitledger-${version}`;
const bundle = join(outdir, name);
await build({ entry: join(root, 'src/main.ts'), outdir: bundle, sourceMap: false });
copyFileSync(join(root, 'LICENSE'), join(bundle, 'LICENSE'));
copyFileSync(join(bundle, SBOM), join(outdir, `${name}.cdx.json`));
pack(bundle, `${name}-linux-${process.arch}.tar.gz`);
rmSync(bundle, { recursive: true });
run(values.helm, 'package', join(root, 'helm'), '--destination', join(outdir, 'chart'));
for (const file of readdirSync(join(outdir, 'chart')))
  copyFileSync(join(outdir, 'chart', file), join(outdir, file.replace(/^unitledger/, 'unitledger-chart')));
rmSync(join(outdir, 'chart'), { recursive: true });
const baseImages = values.builder === 'none' ? {} : images(values.builder);
if (values.builder !== 'none') for (const platform of values.platform) buildImage(values.builder, platform);
const platforms = values.builder === 'none' ? [] : values.platform;
const provenance = { version, revision, node: process.version, platforms, baseImages };
writeFileSync(join(outdir, 'provenance.json'), `${JSON.stringify(provenance, null, 2)}\n`);
writeFileSync(join(outdir, 'SHA256SUMS'), checksums());
console.log(readFileSync(join(outdir, 'SHA256SUMS'), 'utf8').trimEnd());

/** Program, chart and changelog have to be of one version. */
function checkVersions(): void {
  const chart = parse(readFileSync(join(root, 'helm/Chart.yaml'), 'utf8'));
  if (chart.version !== version || chart.appVersion !== version)
    throw new Error(
      `helm/Chart.yaml is of version ${chart.version} (${chart.appVersion}), package.json of ${version}`,
    );
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  if (!values.dirty && !changelog.includes(`## [${version}]`))
    throw new Error(`CHANGELOG.md has nothing of ${version}`);
}

/** The same files give the same archive: in one order, of nobody, and as old as the commit. */
function pack(folder: string, archive: string): void {
  const time = run('git', 'show', '--no-patch', '--format=%cI', 'HEAD');
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=${time}`];
  run('tar', ...same, '-C', outdir, '-czf', join(outdir, archive), folder.slice(outdir.length + 1));
}

function buildImage(builder: string, platform: string): void {
  const created = run('git', 'show', '--no-patch', '--format=%cI', 'HEAD');
  const architecture = platform.replace(/^linux\//, '');
  const given = { VERSION: version, REVISION: revision, CREATED: created, ...baseImages };
  // Docker says these by itself; older versions of buildah do not.
  const own = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
  const platforms = { BUILDPLATFORM: own, TARGETPLATFORM: platform, TARGETARCH: architecture };
  const arguments_ = Object.entries(builder === 'docker' ? given : { ...given, ...platforms });
  const tag = `unitledger:${version}-${architecture}`;
  const command = builder === 'buildah' ? 'bud' : 'build';
  // The health check has no place in OCI's own format.
  const format = builder === 'docker' ? ['--load'] : ['--format', 'docker'];
  run(
    builder,
    command,
    ...format,
    ...['--platform', platform, '--tag', tag],
    ...arguments_.flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    root,
  );
  const archive = join(outdir, `${name}-image-${architecture}.tar`);
  if (builder === 'buildah') run('buildah', 'push', tag, `docker-archive:${archive}:${tag}`);
  else run(builder, 'save', '--output', archive, tag);
}

/** Base images as the Dockerfile's arguments, by their digests. */
function images(builder: string): Readonly<Record<string, string>> {
  const named = {
    ...baseImagesOf(readFileSync(join(root, 'Dockerfile'), 'utf8')),
    ...(values['build-image'] === undefined ? {} : { BUILD_IMAGE: values['build-image'] }),
    ...(values['base-image'] === undefined ? {} : { BASE_IMAGE: values['base-image'] }),
  };
  if (values.unpinned) return named;
  return Object.fromEntries(
    Object.entries(named).map(([argument, image]) => [argument, pinned(image, builder)]),
  );
}

function checksums(): string {
  return readdirSync(outdir)
    .filter((file) => file !== 'SHA256SUMS')
    .sort()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(outdir, file)))
          .digest('hex')}  ${file}\n`,
    )
    .join('');
}
