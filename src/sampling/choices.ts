/** Values of the sampling options. Constants only, because the configuration imports this file. */

/**
 * Process details that the ledger does not need. Each group costs CPU and is read only if requested. `threads`,
 * `faults` and `uptime` are free: they are in files that are read anyway.
 */
export const PROCESS_DETAILS = [
  'threads',
  'faults',
  'uptime',
  'context-switches',
  'descriptors',
  'run-queue',
  'pss',
] as const;
export type ProcessDetail = (typeof PROCESS_DETAILS)[number];

/** Source of process names: `comm`, or the title that the process has set (setproctitle). */
export const PROCESS_NAMES = ['comm', 'title'] as const;
export type ProcessNames = (typeof PROCESS_NAMES)[number];

/** Use of the kernel's exit records and process events; `auto` uses them where they are available. */
export const EXIT_RECORDS_MODES = ['auto', 'on', 'off'] as const;
export type ExitRecordsMode = (typeof EXIT_RECORDS_MODES)[number];
