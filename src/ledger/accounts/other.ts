/** What is named so is several things together that have no series of their own: processes, executables, devices. */
export const OTHER = 'other';

/** The same as a row among names that processes chose: one of them may be called `other`. */
export const OTHER_NAMES = `(${OTHER})`;
