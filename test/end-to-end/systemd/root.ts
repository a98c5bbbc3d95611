import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { outputOf, runCommand } from './command.ts';

const RECIPE = path.join(import.meta.dirname, 'build-root.sh');
const BUILD_MILLIS = 15 * 60_000;

/** Directory of roots and of files of running labs: outside the checkout, kept between runs. */
export function cacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'unitledger-tests');
}

/**
 * Path of a Debian root with systemd, nginx, PostgreSQL and a C compiler; created on first use (1 to 2 minutes, 0.7
 * GB), from the mirror in this machine's apt configuration. Read-only: each boot adds its own layer. Throws with the
 * reason on failure.
 */
export async function systemdRoot(): Promise<string> {
  const source = await distributionSource();
  const key = createHash('sha256')
    .update(readFileSync(RECIPE))
    .update(source.suite)
    .digest('hex')
    .slice(0, 12);
  const root = path.join(cacheFolder(), `systemd-root-${key}`);
  if (existsSync(root)) return root;
  mkdirSync(cacheFolder(), { recursive: true });
  // The kernel releases the lock when its holder ends. Processes that waited for it find the finished root.
  const lock = path.join(cacheFolder(), 'systemd-root.lock');
  const build = ['sh', RECIPE, root, source.suite, source.mirror, source.components];
  await outputOf(['flock', lock, 'unshare', '--mount', ...build], BUILD_MILLIS);
  return root;
}

interface Source {
  readonly suite: string;
  readonly mirror: string;
  readonly components: string;
}

/** The distribution's main archive in this machine's apt configuration. */
export async function distributionSource(): Promise<Source> {
  const format = '$(RELEASE) $(REPO_URI) $(COMPONENT)';
  const { stdout, code } = await runCommand([
    'apt-get',
    'indextargets',
    '--format',
    format,
    'Created-By: Packages',
  ]);
  if (code !== 0) throw new Error('apt-get cannot list its sources');
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const suites = [codename, 'stable', 'testing', 'unstable', 'sid'];
  const targets = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  for (const suite of suites) {
    const found = targets.filter(([release]) => release === suite);
    const mirror = found.find(([, , component]) => component === 'main')?.[1];
    if (suite === undefined || mirror === undefined) continue;
    const components = found.filter(([, uri]) => uri === mirror).map(([, , component]) => component);
    return { suite, mirror, components: [...new Set(components)].join(',') };
  }
  throw new Error(`apt has no source for the main archive of ${codename ?? 'this distribution'}`);
}
