/**
 * `npm run bench:install-peers`: gets the programs that the bench compares with, into a folder of the user's cache. Each
 * that can't be had is said with its reason, and the bench leaves it out.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCollector } from '../../test/end-to-end/backends/collector.ts';
import { DEBIAN_PACKAGES, findPeer, PEERS_FOLDER, TELEGRAF } from './peer-programs.ts';

const TELEGRAF_VERSION = 'v1.38.4';
/** Its module graph is large: what takes longer than this is left out. */
const TELEGRAF_MINUTES = 15;

mkdirSync(PEERS_FOLDER, { recursive: true });
let failures = 0;
attempt('Debian packages', () => {
  if (['pidstat', 'prometheus-process-exporter', 'prometheus-node-exporter', 'top'].every(findPeer)) return;
  inScratchFolder((folder) => {
    run('apt-get', ['download', ...DEBIAN_PACKAGES], folder);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
      run('dpkg-deb', ['--extract', file, join(PEERS_FOLDER, 'debian')], folder);
    }
  });
});
attempt('OpenTelemetry Collector', buildCollector);
attempt('Telegraf', () => {
  if (existsSync(TELEGRAF)) return;
  inScratchFolder((folder) => {
    run('go', ['mod', 'init', 'peers'], folder);
    run('go', ['mod', 'edit', `-require=github.com/influxdata/telegraf@${TELEGRAF_VERSION}`], folder);
    // Its own tags leave every plugin out but those that are named: a module for each of the others is not needed.
    const tags = ['-tags', 'custom,inputs.procstat,outputs.discard'];
    const lean = ['-mod=mod', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w'];
    run(
      'go',
      ['build', ...lean, ...tags, '-o', 'telegraf', 'github.com/influxdata/telegraf/cmd/telegraf'],
      folder,
    );
    renameSync(join(folder, 'telegraf'), TELEGRAF);
  });
});
process.exitCode = failures > 0 ? 1 : 0;

function attempt(name: string, install: () => void): void {
  try {
    install();
    console.log(`${name}: there`);
  } catch (error) {
    failures++;
    console.log(`${name}: left out. ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

/** On the file system of what is made there, so that it can be moved. */
function inScratchFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(PEERS_FOLDER, 'building-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[], cwd: string): void {
  const env = { ...process.env, CGO_ENABLED: '0', TMPDIR: tmpdir() };
  execFileSync(command, args, { cwd, env, stdio: 'inherit', timeout: TELEGRAF_MINUTES * 60_000 });
}
