/** What is named so is several things together that have no series of their own: processes, executables, devices. */
export const OTHER = 'other';
