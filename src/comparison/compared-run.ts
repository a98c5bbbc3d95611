import type { Figures } from './metrics.ts';

/** One run, as far as it is compared with others: a recording or a run document, summed up by executable name. */
export interface ComparedRun {
  /** Where it came from. Hostile text. */
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
  /** What is missing of it: printable second halves of sentences about the file. */
  readonly missing: readonly string[];
}

/** A unit in one run. */
export interface ComparedUnit {
  /** It was there at some time. */
  readonly isSeen: boolean;
  /** It had processes, and none of them was left at the end: what it did, it did to the end. */
  readonly isFinished: boolean;
  readonly figures: Figures;
  /** By executable name, as the run names its processes. Hostile text. */
  readonly names: ReadonlyMap<string, Figures>;
  /** Rows whose bytes could not be read: they are in no sum. */
  readonly rowsWithoutBytes: number;
  /** Its CPU is what its rows add up to, as no cgroup counted it. */
  readonly isCpuOfRows: boolean;
}
