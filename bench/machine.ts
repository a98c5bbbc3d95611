import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { HOST_LOAD_TEXTS, type HostLoad } from './host-load.ts';

/** What the figures were measured on: one line each. */
export function describeMachine(
  compiler: string | undefined,
  host?: HostLoad,
): readonly (readonly [string, string])[] {
  const [cpu] = cpus();
  return [
    ['date', new Date().toISOString()],
    ['CPU', `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}`],
    ['memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ['kernel', `Linux ${release()}`],
    ['Node', process.version],
    ['C compiler', compiler ?? 'none'],
    ['commit', commit()],
    ...(host === undefined ? [] : [['host', HOST_LOAD_TEXTS[host]] as const]),
    ['load average before the run', loadavg()[0]!.toFixed(2)],
  ];
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', '../src', '../package.json') !== '';
    return git('rev-parse', '--short', 'HEAD') + (changed ? ', with changes that are not committed' : '');
  } catch {
    // An exported tree, or no git here.
    return 'unknown';
  }
}
