/** Limit on open connections of a server, without streams; a further connection closes another one. */
export const MOST_CONNECTIONS = 32;
