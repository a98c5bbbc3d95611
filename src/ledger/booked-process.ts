import type { ProcessIdentity } from '../sampling/sample.ts';
import {
  CANCELLED_WRITE_BYTES,
  CPU_SECONDS,
  type FigureRows,
  MEMORY_BYTES,
  PEAK_MEMORY_BYTES,
  PPID,
  READ_BYTES,
  READ_CHARS,
  REAPED_SECONDS,
  SAMPLES,
  WRITE_BYTES,
  WRITE_CHARS,
} from './figure-rows.ts';
import { known } from './known.ts';
import type { DetailsAccount } from './process-details.ts';
import type { RunStatistic } from './run-document.ts';

/** What was booked to one process, which is there or has ended. Its figures are a row among those of others. */
export abstract class BookedProcess {
  abstract readonly identity: Pick<
    ProcessIdentity,
    'pid' | 'startTicks' | 'startedUnixMillis' | 'command' | 'subCgroup'
  >;
  /** Index of its unit. */
  abstract readonly unit: number;
  /** What it is called in a summary. Hostile text. */
  abstract readonly name: string;
  /** When the first sample came that did not see it any more; null while it is there. */
  abstract readonly endedUnixMillis: number | null;
  /** As shells have it; null while it is there, and where the kernel's record was not had. */
  abstract readonly exitCode: number | null;
  /** Null where none are asked for. */
  abstract readonly details: DetailsAccount | null;
  protected figures: FigureRows;
  protected row: number;

  constructor(figures: FigureRows, row: number) {
    this.figures = figures;
    this.row = row;
  }

  get ppid(): number {
    return this.figure(PPID);
  }

  /** Samples that saw it. */
  get samples(): number {
    return this.figure(SAMPLES);
  }

  get cpuSeconds(): number {
    return this.figure(CPU_SECONDS);
  }

  get reapedCpuSeconds(): number {
    return this.figure(REAPED_SECONDS);
  }

  /** RSS as last read; NaN where not known. */
  get memoryBytes(): number {
    return this.figure(MEMORY_BYTES);
  }

  /** NaN where not known. */
  get peakMemoryBytes(): number {
    return this.figure(PEAK_MEMORY_BYTES);
  }

  /** Bytes are null while none of its `io` is known. */
  get diskBytes(): number | null {
    return known(this.figure(READ_BYTES) + this.figure(WRITE_BYTES));
  }

  get transferBytes(): number | null {
    return known(this.figure(READ_CHARS) + this.figure(WRITE_CHARS));
  }

  get cancelledWriteBytes(): number | null {
    return known(this.figure(CANCELLED_WRITE_BYTES));
  }

  /** One of its figures (`figure-rows.ts`). */
  figure(place: number): number {
    return this.figures.get(this.row, place);
  }

  /**
   * A rate or level over its sample intervals (`process-sketches.ts` has the kinds); null if there was none.
   * `sinceSeconds`: when the run began, by the monotonic clock of the samples.
   */
  summary(kind: number, sinceSeconds: number): RunStatistic | null {
    return this.figures.summary(this.row, kind, this.p95(kind), sinceSeconds);
  }

  /** The same without the percentile, which costs a walk through the distribution. */
  brief(kind: number): Pick<RunStatistic, 'min' | 'max' | 'avg'> | null {
    return this.figures.brief(this.row, kind);
  }

  /** Its figures, in which nothing may rest any more, into a row of others. */
  copyFigures(to: FigureRows, row: number): void {
    to.copy(row, this.figures, this.row);
  }

  /** The 95th percentile of a kind; NaN where there was no interval. */
  abstract p95(kind: number): number;
}
