import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerProcess } from './backends/server-process.ts';

/** Whether tinyproxy can run with its own hosts file: `true`, or what is missing. For `skipUnless`. */
export function tinyproxyAvailable(): true | string {
  if (spawnSync('tinyproxy', ['-v']).error !== undefined)
    return 'a proxy that others run: tinyproxy is missing';
  return process.getuid!() === 0 ? true : 'a table of host names for tinyproxy needs root';
}

/**
 * Starts tinyproxy on a loopback port, for user `user` with password `hunter2`. The host name `collector.test` leads to
 * loopback there. `folder` is empty.
 */
export async function startTinyproxy(folder: string, port: number): Promise<ServerProcess> {
  const config = join(folder, 'tinyproxy.conf');
  const rights = ['Allow 127.0.0.1', 'BasicAuth user hunter2', `PidFile "${join(folder, 'tinyproxy.pid')}"`];
  writeFileSync(config, [`Port ${port}`, 'Listen 127.0.0.1', ...rights, ''].join('\n'));
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, '127.0.0.1 localhost collector.test\n');
  // tinyproxy resolves names like its host, so it gets a separate mount namespace.
  const script = 'mount --bind "$1" /etc/hosts && exec tinyproxy -d -c "$2"';
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', hosts, config];
  const tinyproxy = new ServerProcess('unshare', args, folder);
  try {
    await tinyproxy.ready(() => tinyproxy.log.includes('Accepting connections'));
  } catch (error) {
    await tinyproxy.crash();
    throw error;
  }
  return tinyproxy;
}
