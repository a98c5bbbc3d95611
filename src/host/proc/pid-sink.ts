/** Receives PIDs one by one, so that long lists need no memory. */
export interface PidSink {
  push(pid: number): void;
}

/** All PIDs on Linux are below this (`PID_MAX_LIMIT`). */
export const PID_LIMIT = 4_194_304;
