import { readlinkSync } from 'node:fs';

/**
 * The number of the start that a unit of the host's systemd is in (systemd.exec(5), `$INVOCATION_ID`): its manager keeps
 * it as a link in `/run/systemd/units`. Null where there is none, or it cannot be read: seeing another mount namespace
 * takes SYS_PTRACE and the host's PID namespace. The cgroup's extended attribute of that name is no substitute: it stays
 * when the directory does, whatever is started in it (systemd 252).
 */
export function readInvocation(procRoot: string, unit: string): string | null {
  try {
    return readlinkSync(`${procRoot}/1/root/run/systemd/units/invocation:${unit}`);
  } catch {
    // Not running, not the host's, or not to be seen: what it would tell is not known then.
    return null;
  }
}
