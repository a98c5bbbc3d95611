import { systemClock } from '../../host/clock.ts';
import { openHost } from '../../host/host.ts';
import { readKernelText } from '../../host/kernel-file.ts';
import { type Capability, readAppArmorProfile } from '../../host/proc/capabilities.ts';
import { countOpenDescriptors, readDescriptorLimit } from '../../host/proc/limits.ts';
import { coversUserNamespace } from '../../host/proc/user-namespace.ts';
import type { ExitRecordsMode } from '../../sampling/choices.ts';
import { neededDescriptors } from '../../sampling/descriptor-shares.ts';
import { ExitRecords } from '../../sampling/exit-records.ts';
import { ProcessEvents } from '../../sampling/process-events.ts';
import { MOST_CONNECTIONS } from '../../telemetry/choices.ts';
import { printable } from '../../text/printable.ts';
import { counted } from '../../views/format.ts';
import { COST_LIMIT, reasonOf } from '../track/advice.ts';
import { missingCapabilities } from '../track/start-line.ts';
import { type Check, ok, warn } from './check.ts';

/** A sample of processes is enough; each costs one or two reads. */
const MOST_TRIED = 200;
/** Denied reads of at most one in this many processes are normal. */
const MOST_HARDENED = 20;

/** Checks the two capabilities, and those that the options need in addition. */
export function checkCapabilities(procRoot: string, exitRecords: boolean): Check {
  const wanted: Capability[] = [
    'SYS_PTRACE',
    'DAC_READ_SEARCH',
    ...(exitRecords ? ['NET_ADMIN' as const] : []),
  ];
  const missing = missingCapabilities(wanted);
  if (missing.length === 0)
    return coversUserNamespace(procRoot)
      ? ok('capabilities', wanted.join(', '))
      : outsideUserNamespace(wanted.join(', '), procRoot);
  const costs = [
    ...(missing.includes('SYS_PTRACE') || missing.includes('DAC_READ_SEARCH')
      ? ["disk and transfer metrics of other users' processes are absent"]
      : []),
    ...(missing.includes('NET_ADMIN') ? ['exit records are unavailable'] : []),
  ];
  return warn('capabilities', `${missing.join(', ')} missing`, costs.join('; '), {
    docker: `--user 0 ${missing.map((name) => `--cap-add ${name}`).join(' ')}`,
    kubernetes: `runAsUser: 0 and capabilities.add: [${missing.join(', ')}] in the container's securityContext (the chart has both)`,
    host: `run it as root, or in a unit with AmbientCapabilities=${missing.map((name) => `CAP_${name}`).join(' ')}`,
  });
}

/** Rootless containers have all capabilities, which do not count for processes of the host. */
function outsideUserNamespace(names: string, procRoot: string): Check {
  return warn(
    'capabilities',
    `${names}, but only in the user namespace of unitledger, and processes in ${printable(procRoot)} belong to another one`,
    "disk and transfer metrics of other users' processes are absent; exit records are unavailable",
    {
      docker: 'run the container as root of the host (not rootless), or with --userns host',
      kubernetes: 'leave out hostUsers: false',
      host: 'run it outside of user namespaces (unshare --user)',
    },
  );
}

/** Checks by reading whether I/O counters are readable: AppArmor and SELinux show in no capability. */
export function checkIo(procRoot: string, pids: readonly number[], areTargets: boolean): Check {
  const name = 'io counters';
  const whose = areTargets ? 'of the targets' : 'of the host';
  let read = 0;
  const denied: number[] = [];
  for (const pid of pids.slice(0, MOST_TRIED)) {
    const outcome = readKernelText(`${procRoot}/${pid}/io`);
    if (typeof outcome !== 'string') read++;
    else if (outcome === 'denied') denied.push(pid);
  }
  const tried = read + denied.length;
  if (tried === 0) return ok(name, `no process ${whose} to try`);
  if (denied.length === 0) return ok(name, `readable for ${counted(read, 'process', 'processes')} ${whose}`);
  // Some processes refuse even root, and these are not targets.
  if (!areTargets && read > denied.length * MOST_HARDENED)
    return ok(name, `readable for ${read} of ${tried} processes ${whose}`);
  const profile = readAppArmorProfile();
  const confined =
    profile === null ? '' : `; this program is confined by the AppArmor profile ${printable(profile)}`;
  const found = `denied for ${denied.length} of ${tried} processes ${whose} (PID ${denied[0]})${confined}`;
  return warn(name, found, 'their disk and transfer metrics are absent', {
    docker: '--user 0 --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH --security-opt apparmor=unconfined',
    kubernetes:
      "capabilities.add: [SYS_PTRACE, DAC_READ_SEARCH] and appArmorProfile.type: Unconfined; with SELinux seLinuxOptions.type: spc_t (the chart's securityContext values)",
    host: 'run it as root; some processes stay unreadable even for root, such as a hardened PID 1',
  });
}

/** Checks that the limit of open files lets a run with `--listen` and `--web` keep its files open. */
export function checkDescriptors(processes: number, cgroupFiles: number): Check {
  const name = 'descriptors';
  const limit = readDescriptorLimit();
  const wishes = {
    limit,
    open: countOpenDescriptors(),
    connections: MOST_CONNECTIONS,
    servers: 2,
    cgroups: Number.POSITIVE_INFINITY,
  };
  const needed = neededDescriptors(wishes, processes, cgroupFiles);
  const found = `limit ${limit}; ${needed} needed for ${counted(processes, 'process', 'processes')} and ${counted(cgroupFiles, 'cgroup file')}`;
  if (limit >= needed) return ok(name, found);
  return warn(name, found, 'some files are opened for each read, which takes more CPU time', {
    docker: `--ulimit nofile=${needed}:${needed}`,
    kubernetes: "raise the container runtime's own limit (LimitNOFILE= of containerd or CRI-O)",
    host: `ulimit -n ${needed}, or LimitNOFILE=${needed} in the unit of unitledger`,
  });
}

const NAME = 'exit records';

/**
 * Checks whether exit records and process events arrive; a child is started only if no record has arrived. With `on` it is
 * a warning if they do not. `hasTraces`: spans are made of them.
 */
export async function checkExitRecords(
  procRoot: string,
  mode: Exclude<ExitRecordsMode, 'off'>,
  hasTraces: boolean,
): Promise<Check> {
  const host = openHost(procRoot, systemClock);
  const records = ExitRecords.open(host);
  const failure = records instanceof ExitRecords ? await records.verify() : records;
  if (records instanceof ExitRecords) records.close();
  if (failure === null) {
    const until =
      mode === 'auto' && !hasTraces
        ? `; --exit-records=auto stops reading them if that takes more than ${COST_LIMIT}`
        : '';
    return ok(NAME, `received; ${await eventsFound(host)}${until}`);
  }
  const reason = reasonOf(failure);
  if (mode === 'auto') return ok(NAME, `optional, and unavailable: ${reason}`);
  return warn(NAME, reason, 'processes that start and end between two samples have no names', {
    docker: '--pid host --network host --cap-add NET_ADMIN',
    kubernetes:
      'hostPID: true, hostNetwork: true and capabilities.add: [NET_ADMIN] (in the chart: options.exitRecords: on)',
    host: 'run it as root, or in a unit with AmbientCapabilities=CAP_NET_ADMIN, on Linux 5.19 or newer',
  });
}

async function eventsFound(host: ReturnType<typeof openHost>): Promise<string> {
  const events = ProcessEvents.open(host, systemClock);
  const failure = events instanceof ProcessEvents ? await events.verify() : events;
  if (events instanceof ProcessEvents) events.close();
  return failure === null ? 'process events received' : `no process events (${failure.kind})`;
}
