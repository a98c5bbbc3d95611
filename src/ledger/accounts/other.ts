/** Name of the series that combines processes, executables or devices without a series of their own. */
export const OTHER = 'other';

/** The same in a row next to names chosen by processes: a process may be named `other`. */
export const OTHER_NAMES = `(${OTHER})`;
