/** The program as seen from outside, at one moment. */
export interface Sighting {
  /** Since the start of the run. */
  readonly minutes: number;
  readonly residentBytes: number;
  /** All that the kernel charges to its cgroup; null where no controller counts it. */
  readonly chargedBytes: number | null;
  /** CPU seconds since it began. */
  readonly cpuSeconds: number;
  /** Of the machine, over the last minute (proc_loadavg(5)); older records do not have it. */
  readonly loadAverage?: number;
}

/** One export window as it arrived behind the collector. */
export interface ArrivedWindow {
  /** When it ended, since the start of the run. */
  readonly minutes: number;
  /** Null: the unit used nothing. */
  readonly coverage: number | null;
  /** Since the program began, as the rest of these. */
  readonly missedTicks: number;
  readonly delivered: number;
  /** Lost in any way. */
  readonly lost: number;
  readonly points: number;
  /** Followed at the end of the window. */
  readonly processes: number;
}

/** What `npm run bench:soak` measured, as it stands in `data/soak.json`. */
export interface SoakRecord {
  readonly command: string;
  /** Names and values. */
  readonly machine: readonly (readonly [string, string])[];
  readonly newPerSecond: number;
  readonly steady: number;
  /** Niceness of the program and of what takes its exports. */
  readonly niceness: number;
  /** What took the exports. */
  readonly collector: string;
  readonly minutes: number;
  readonly sightings: readonly Sighting[];
  readonly windows: readonly ArrivedWindow[];
  /** Known once it has ended in order. */
  readonly end: SoakEnd | null;
}

/** What the program's own summary says, and how many processes were started meanwhile. */
export interface SoakEnd {
  readonly samples: number;
  readonly missedSamples: number;
  readonly coverage: number | null;
  readonly delivered: number;
  readonly failed: number;
  /** New processes since the first sample, about. */
  readonly started: number;
}
