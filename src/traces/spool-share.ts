/** The share of the spool's room that spans have where there are traces: metrics have the rest. */
export const TRACES_SPOOL_SHARE = 1 / 4;
