/** Connections of a server that are open at a time, in addition to those of streams; for one more another is closed. */
export const MOST_CONNECTIONS = 32;
