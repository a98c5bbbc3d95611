import { readdirSync } from 'node:fs';
import { release } from 'node:os';
import { systemClock } from '../../host/clock.ts';
import { HostError, openHost } from '../../host/host.ts';
import { isInitialPidNamespace, pidNamespaceOf } from '../../host/proc/pid-namespace.ts';
import { findHiding } from '../../host/proc/visibility.ts';
import { printable } from '../../text/printable.ts';
import { type Check, everywhere, fail, ok, warn } from './check.ts';

const HOST_PID = {
  docker: '--pid host',
  kubernetes: 'hostPID: true in the pod (the chart has it in mode daemonset)',
  host: 'run it outside of containers, or in one with the PID namespace of the host',
};

/** Checks that processes are visible, with the PIDs of the initial namespace. */
export function checkHost(procRoot: string, isForItself: boolean): readonly Check[] {
  const shown = printable(procRoot);
  let clocksMissing: string | null;
  try {
    clocksMissing = openHost(procRoot, systemClock).clocksMissing;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return [
      fail('processes', printable(error.message), 'nothing can be sampled', {
        docker: '-v /proc:/host/proc:ro and --proc-root /host/proc',
        kubernetes:
          'a hostPath volume of /proc at /host/proc, read-only, and --proc-root /host/proc (the chart has both)',
        host: 'leave out --proc-root: /proc is the default',
      }),
    ];
  }
  const count = readdirSync(procRoot).filter((name) => /^\d+$/.test(name)).length;
  const checks = [ok('processes', `${count} in ${shown}, Linux ${printable(release())}`)];
  checks.push(pidNamespace(procRoot, isForItself));
  checks.push(hiding(procRoot));
  checks.push(
    clocksMissing === null
      ? ok('CPU clocks', 'exact to the nanosecond')
      : warn(
          'CPU clocks',
          printable(clocksMissing),
          'CPU is counted in ticks of 10 ms: coverage is lower for processes that run for shorter times',
          pidNamespaceOf(procRoot) === 'other'
            ? HOST_PID
            : everywhere('install with optional dependencies (npm ci), which include koffi'),
        ),
  );
  return checks;
}

function pidNamespace(procRoot: string, isForItself: boolean): Check {
  const name = 'PID namespace';
  const isInitial = isInitialPidNamespace(procRoot);
  switch (pidNamespaceOf(procRoot)) {
    case 'saved':
      return ok(name, 'saved files, not a running machine');
    case 'other':
      return warn(
        name,
        `${printable(procRoot)} shows another PID namespace than that of unitledger`,
        'processes of a unit are found by /proc/PID/cgroup instead of the cgroup: this is slower, notices moved processes late, and limits CPU accuracy to 10 ms',
        HOST_PID,
      );
    case 'own':
      if (isInitial !== false) return ok(name, isInitial ? "the machine's own" : "this program's own");
      if (isForItself)
        return ok(name, "a container's own, as intended for a pod that tracks itself, or for a command");
      return warn(
        name,
        "a container's own: processes outside of it are not seen",
        'units of the host have no processes here; correct only if the units run in the same container',
        HOST_PID,
      );
  }
}

function hiding(procRoot: string): Check {
  const option = findHiding(procRoot);
  if (option === null) return ok('visibility', 'processes of all users are seen');
  return fail(
    'visibility',
    `processes of other users are hidden (${option === '' ? 'PID 1 cannot be read' : printable(option)})`,
    'their processes are missing from every unit',
    {
      docker: '--user 0 --cap-add SYS_PTRACE',
      kubernetes: 'runAsUser: 0 and capabilities.add: [SYS_PTRACE] (the chart has both)',
      host: 'run it as root with CAP_SYS_PTRACE, or mount -o remount,hidepid=off /proc',
    },
  );
}
