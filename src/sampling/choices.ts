/** Values of the sampling options. Constants only, because the configuration imports this file. */

/** Process details that the ledger does not need, in files that are read anyway. */
export const FREE_DETAILS = ['threads', 'faults', 'uptime'] as const;
/** Process details with kernel files of their own: each group costs CPU and is read only if requested. */
export const EXTRA_DETAILS = ['context-switches', 'descriptors', 'run-queue', 'pss'] as const;
/** All groups of process details. Recordings name the groups that they have: a further value needs a new group. */
export const PROCESS_DETAILS = [...FREE_DETAILS, ...EXTRA_DETAILS] as const;
export type ProcessDetail = (typeof PROCESS_DETAILS)[number];

/** Source of process names: `comm`, or the title that the process has set (setproctitle). */
export const PROCESS_NAMES = ['comm', 'title'] as const;
export type ProcessNames = (typeof PROCESS_NAMES)[number];

/** Use of the kernel's exit records and process events; `auto` uses them where they are available. */
export const EXIT_RECORDS_MODES = ['auto', 'on', 'off'] as const;
export type ExitRecordsMode = (typeof EXIT_RECORDS_MODES)[number];
