import { errnoName } from '../../host/netlink/netlink-socket.ts';
import type { ExitRecordsFailure } from '../../host/taskstats/exit-record-source.ts';

/** One sentence on why there are no exit records: what is missing, and the fix. It is logged once a run. */
export function adviceOnExitRecords(failure: ExitRecordsFailure): string {
  return `--exit-records: short-lived processes have no names in this run: ${reasonOf(failure)}`;
}

/** The reason for missing records, and the fix. */
export function reasonOf(failure: ExitRecordsFailure): string {
  switch (failure.kind) {
    case 'no-library':
      return `no foreign-function library (npm's optional package koffi): ${failure.detail}`;
    case 'foreign-pids':
      return failure.detail;
    case 'no-capability':
      return 'CAP_NET_ADMIN is missing (in Kubernetes: capabilities.add NET_ADMIN)';
    case 'no-family':
      return 'this kernel was built without CONFIG_TASKSTATS';
    case 'other-namespace':
      return "they need the host's PID and user namespaces (hostPID: true)";
    case 'nothing-arrives':
      return "no record arrives, not even of a child of unitledger: they need the host's network namespace (hostNetwork: true)";
    case 'old-kernel':
      return `records of this kernel (version ${failure.version}) do not distinguish processes from threads; they need Linux 5.19 or newer`;
    case 'failed':
      return `${failure.call}: ${errnoName(failure.errno)}`;
  }
}

/** Logged once, when events are lost for the first time. */
export function adviceOnLostEvents(lost: number): string {
  return `--exit-records: lost ${lost} process events, because the buffer was full: births and ends are exact only to a sample for a while; a shorter --interval reads events more often`;
}

/** Logged once, when `auto` gives up. */
export function adviceOnCost(exitsPerSecond: number): string {
  return `--exit-records=auto: reading ${exitsPerSecond} exits a second would cost more than 2% of a core: short-lived processes have no names from now on; set --exit-records=on to keep them`;
}

/** Logged once, when records are lost for the first time. */
export function adviceOnLostRecords(lost: number): string {
  return `--exit-records: lost ${lost} exit records, because the buffer was full: some short-lived processes have no names; a shorter --interval reads records more often`;
}
