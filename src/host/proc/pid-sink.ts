/** Takes PIDs one by one, so that a list of any length needs no memory of its own. */
export interface PidSink {
  push(pid: number): void;
}

/** PIDs are below this on every Linux (`PID_MAX_LIMIT`). */
export const PID_LIMIT = 4_194_304;
