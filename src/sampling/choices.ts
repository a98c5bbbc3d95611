/** What users choose of sampling, as options accept it. Constants alone: the configuration imports this. */

/**
 * What can be read of a process beyond what the ledger needs, each group only where it is requested, since each has a cost
 * of its own. `threads`, `faults` and `uptime` cost nothing: they are in files that are read anyway.
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

/** What processes are called: by `comm`, or by the title that a process has given itself. */
export const PROCESS_NAMES = ['comm', 'title'] as const;
export type ProcessNames = (typeof PROCESS_NAMES)[number];

/** Whether the kernel's exit records and process events are used; `auto` uses them where they can be had. */
export const EXIT_RECORDS_MODES = ['auto', 'on', 'off'] as const;
export type ExitRecordsMode = (typeof EXIT_RECORDS_MODES)[number];
