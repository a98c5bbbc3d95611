import { readlinkSync } from 'node:fs';

/**
 * The invocation ID of a unit of the host's systemd (systemd.exec(5), `$INVOCATION_ID`), which the manager keeps as a
 * link in `/run/systemd/units`. Null if there is none, or it cannot be read: access to another mount namespace requires
 * SYS_PTRACE and the host's PID namespace. The cgroup's extended attribute of that name is no substitute: it is not
 * updated when the unit is restarted in the same directory (systemd 252).
 */
export function readInvocation(procRoot: string, unit: string): string | null {
  try {
    return readlinkSync(`${procRoot}/1/root/run/systemd/units/invocation:${unit}`);
  } catch {
    // Not running, not of the host, or not visible: the ID is unknown.
    return null;
  }
}
