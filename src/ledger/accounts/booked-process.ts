import type { ProcessIdentity } from '../../sampling/sample.ts';
import type { DetailsAccount } from './process-details.ts';
import type { SummaryStats } from './summary-stats.ts';

/** One process of a run document, running or ended. */
export interface BookedProcess {
  readonly identity: Pick<
    ProcessIdentity,
    'pid' | 'startTicks' | 'startedUnixMillis' | 'command' | 'subCgroup'
  >;
  /** Unit index. */
  readonly unit: number;
  /** Display name. Hostile text. */
  readonly name: string;
  readonly ppid: number;
  /** On the monotonic clock: to 10 ms from the start time, exact if process events reported the birth. */
  readonly bornAtSeconds: number;
  /**
   * On the monotonic clock; null while the process runs. Exact if process events reported the end, else the time of the
   * first sample in which the process was a zombie or gone.
   */
  readonly endedAtSeconds: number | null;
  /** Shell convention; null while the process runs, and if there is no kernel record of its exit. */
  readonly exitCode: number | null;
  /** Number of samples that contain the process. */
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly reapedCpuSeconds: number;
  /** NaN if unknown. */
  readonly peakMemoryBytes: number;
  /** Bytes are null until `io` has been read once. */
  readonly diskBytes: number | null;
  readonly transferBytes: number | null;
  readonly cancelledWriteBytes: number | null;
  /** Null if no details are requested. */
  readonly details: DetailsAccount | null;

  /** Statistics of a rate or gauge over its sample intervals (kinds: `process-sketches.ts`); null without intervals. */
  stats(kind: number): SummaryStats | null;
}
