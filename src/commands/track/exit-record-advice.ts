import { errnoName } from '../../host/netlink/netlink-socket.ts';
import type { ExitRecordsFailure } from '../../host/taskstats/exit-record-source.ts';

/** One sentence on why there are no exit records: what is missing, and the fix. It is logged once a run. */
export function adviceOnExitRecords(failure: ExitRecordsFailure): string {
  return `--exit-records: short-lived processes have no names in this run: ${reasonOf(failure)}`;
}

/** Why there are none, and the fix. */
export function reasonOf(failure: ExitRecordsFailure): string {
  switch (failure.kind) {
    case 'no-library':
      return `no foreign-function library (npm's optional package koffi): ${failure.detail}`;
    case 'foreign-pids':
      return failure.detail;
    case 'no-capability':
      return 'the kernel gives them with CAP_NET_ADMIN alone (in Kubernetes: capabilities.add NET_ADMIN)';
    case 'no-family':
      return 'this kernel gives none (it takes CONFIG_TASKSTATS)';
    case 'other-namespace':
      return "the kernel gives them in the host's PID and user namespaces alone (hostPID: true)";
    case 'nothing-arrives':
      return "none arrives, not even of a child of this program: they come in the host's network namespace alone (hostNetwork: true)";
    case 'old-kernel':
      return `records of this kernel (version ${failure.version}) do not tell a process from a thread; it takes Linux 5.19`;
    case 'failed':
      return `${failure.call}: ${errnoName(failure.errno)}`;
  }
}

/** Logged once, when events are lost for the first time. */
export function adviceOnLostEvents(lost: number): string {
  return `--exit-records: ${lost} process events had no room: births and ends of this time are known to a sample only; a shorter --interval reads them more often`;
}

/** Logged once, when `auto` gives up. */
export function adviceOnCost(exitsPerSecond: number): string {
  return `--exit-records=auto: ${exitsPerSecond} exits a second would cost more than 2% of a core: short-lived processes have no names from here on; --exit-records=on keeps them`;
}

/** Logged once, when records are lost for the first time. */
export function adviceOnLostRecords(lost: number): string {
  return `--exit-records: ${lost} records had no room, and some short-lived processes have no names: a shorter --interval reads them more often`;
}
