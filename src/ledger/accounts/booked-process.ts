import type { ProcessIdentity } from '../../sampling/sample.ts';
import type { DetailsAccount } from './process-details.ts';
import type { SummaryStats } from './summary-stats.ts';

/** One process of a run document, running or ended. */
export interface BookedProcess {
  readonly identity: Pick<
    ProcessIdentity,
    'pid' | 'startTicks' | 'startedUnixMillis' | 'command' | 'subCgroup'
  >;
  /** Index of its unit. */
  readonly unit: number;
  /** What it is called in a summary. Hostile text. */
  readonly name: string;
  readonly ppid: number;
  /** On the monotonic clock: to 10 ms by its start time, exact where process events reported it. */
  readonly bornAtSeconds: number;
  /**
   * On the monotonic clock; null while it runs. Exact where process events reported it, else when the first sample came that
   * saw it as a zombie, or not any more.
   */
  readonly endedAtSeconds: number | null;
  /** As shells have it; null while it is there, and where the kernel's record was not had. */
  readonly exitCode: number | null;
  /** Samples that saw it. */
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly reapedCpuSeconds: number;
  /** NaN where not known. */
  readonly peakMemoryBytes: number;
  /** Bytes are null while none of its `io` is known. */
  readonly diskBytes: number | null;
  readonly transferBytes: number | null;
  readonly cancelledWriteBytes: number | null;
  /** Null where none are asked for. */
  readonly details: DetailsAccount | null;

  /** A rate or level over its sample intervals (`process-sketches.ts` has the kinds); null if there was none. */
  stats(kind: number): SummaryStats | null;
}
