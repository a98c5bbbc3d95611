import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { collectorProgram } from '../../test/end-to-end/backends/collector.ts';

/** Where `npm run bench:install-peers` puts what it gets. */
export const PEERS_FOLDER = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'unitledger-bench',
  'peers',
);

/** Packages of Debian that hold peers; they are unpacked, never installed, so that none starts a service. */
export const DEBIAN_PACKAGES = [
  'procps',
  'sysstat',
  'prometheus-process-exporter',
  'prometheus-node-exporter',
];

export const TELEGRAF = join(PEERS_FOLDER, 'telegraf');

/** The file of a program: as it is installed on this machine, else out of the packages; undefined where it is neither. */
export function findPeer(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(PEERS_FOLDER, 'debian/usr/bin')];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** The Collector with the hostmetrics receiver; undefined where it has not been built. */
export function findCollector(): string | undefined {
  return existsSync(collectorProgram) ? collectorProgram : undefined;
}
