/** Values of one unit in its cgroup's files; null if there is no such file. */
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

/** The kernel's values at one time, by unit. */
export interface Reading {
  readonly atMillis: number;
  readonly units: Readonly<Record<string, UnitFigures>>;
}

/** Output of the machine. */
export interface Payload {
  /** The run document, as printed by the program. */
  readonly document: string;
  /** A line for each window, as exported to the console. */
  readonly windows: readonly string[];
  readonly trace: readonly Reading[];
  /** Number of restarts of `greedy.service` by systemd. */
  readonly restarts: number;
}
