import type { Figures } from './metrics.ts';

/** The compared values of one run (a recording or a run document), summed by process name. */
export interface ComparedRun {
  /** Name of the file. Hostile text. */
  readonly file: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** From the first sample to the last; > 0. */
  readonly seconds: number;
  readonly intervalSeconds: number;
  readonly samples: number;
  readonly hasExitRecords: boolean;
  /** By unit, in the order of the document. */
  readonly units: ReadonlyMap<string, ComparedUnit>;
  /** Missing parts, as printable second halves of sentences about the file. */
  readonly missing: readonly string[];
}

/** A unit in one run. */
export interface ComparedUnit {
  /** Whether it was present at some time. */
  readonly isSeen: boolean;
  /** It had processes, none was left at the end of the run, and `--duration` ended no command: finished work. */
  readonly isFinished: boolean;
  readonly figures: Figures;
  /** By process name, as the run names its processes. Hostile text. */
  readonly names: ReadonlyMap<string, Figures>;
  /** Number of rows whose bytes could not be read; they are missing from the sums. */
  readonly rowsWithoutBytes: number;
  /** Its CPU is the sum of its rows, because no cgroup counted it. */
  readonly isCpuOfRows: boolean;
}
