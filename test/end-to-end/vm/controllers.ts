/** Figures of one unit, as its cgroup's files have them; null where there is no such file. */
export interface UnitFigures {
  readonly throttledMicros: number | null;
  readonly memoryBytes: number | null;
  readonly peakBytes: number | null;
  readonly anonBytes: number | null;
  readonly highEvents: number | null;
  readonly writtenBytes: number | null;
  readonly threads: number | null;
  readonly threadLimit: number | null;
  readonly cpuPressureMicros: number | null;
  readonly memoryPressureMicros: number | null;
}

/** What the kernel said at one moment, by unit. */
export interface Reading {
  readonly atMillis: number;
  readonly units: Readonly<Record<string, UnitFigures>>;
}

/** What the machine prints. */
export interface Payload {
  /** The run document, as the program printed it. */
  readonly document: string;
  /** A line for each window, as the program exported it to its console. */
  readonly windows: readonly string[];
  readonly trace: readonly Reading[];
  /** Times that systemd started `greedy.service` anew. */
  readonly restarts: number;
}
