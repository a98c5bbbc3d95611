import type { ChildProcess } from 'node:child_process';
import type { SystemdLab } from './lab.ts';
import { inCgroup, type RunningProgram, startProgram } from './programs.ts';

/** Debian's nginx, on `http://127.0.0.1/` inside. */
export async function startNginx(lab: SystemdLab): Promise<string> {
  await lab.startUnit('nginx.service');
  return 'nginx.service';
}

/** HTTP requests over 8 connections for this long, from outside the unit. */
export function loadNginx(lab: SystemdLab, seconds: number): ChildProcess {
  // -n is a limit that is never reached; ab allocates memory for this number of requests.
  return lab.spawn(['ab', '-q', '-t', String(seconds), '-n', '3000000', '-c', '8', 'http://127.0.0.1/']);
}

/**
 * Debian's PostgreSQL: returns the name of the instance, `postgresql@15-main.service`. `postgresql.service` is also
 * active then, without a process and a cgroup.
 */
export async function startPostgresql(lab: SystemdLab): Promise<string> {
  const [version, cluster] = (await lab.output(['pg_lsclusters', '--no-header'])).split(/\s+/);
  await lab.startUnit('postgresql.service');
  return `postgresql@${version}-${cluster}.service`;
}

/** Transactions of pgbench over 4 connections for this long, from outside the unit. */
export async function loadPostgresql(lab: SystemdLab, seconds: number): Promise<ChildProcess> {
  const asPostgres = ['runuser', '-u', 'postgres', '--'];
  await lab.output([...asPostgres, 'pgbench', '--quiet', '--initialize', 'postgres']);
  return lab.spawn([...asPostgres, 'pgbench', '--client', '4', '--time', String(seconds), 'postgres']);
}

/**
 * A unit of the user manager of `lab` (1000): its cgroup is
 * `/user.slice/user-1000.slice/user@1000.service/app.slice/NAME`.
 */
export async function startUserUnit(lab: SystemdLab, name: string, argv: readonly string[]): Promise<void> {
  await lab.startUnit('user@1000.service');
  const asUser = ['runuser', '-u', 'lab', '--', 'env', 'XDG_RUNTIME_DIR=/run/user/1000'];
  await lab.output([...asUser, 'systemd-run', '--user', '--quiet', `--unit=${name}`, '--', ...argv]);
}

/**
 * A process in `/docker/abc/system.slice/nginx.service`, as with systemd in a container: not the host's nginx. Ends
 * with the lab.
 */
export function startContainerDecoy(lab: SystemdLab): RunningProgram {
  return startProgram(inCgroup(lab, 'docker/abc/system.slice/nginx.service', ['sleep', 'infinity']));
}
