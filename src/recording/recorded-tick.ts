import type { KernelCounts, RunExport, RunTraceExport } from '../ledger/document/run-document.ts';
import type { ExitBatch } from '../sampling/exit-records.ts';
import type { ProcessEventBatch } from '../sampling/process-events.ts';
import type { Sample } from '../sampling/sample.ts';

/** The run's own counts at a sample. */
export interface Progress {
  readonly missedSamples: number;
  /** Skipped to stay within the CPU budget. */
  readonly stretchedSamples: number;
  readonly exitRecords: KernelCounts | null;
  readonly processEvents: KernelCounts | null;
  /** Time at which both were stopped, on the samples' clock; null or absent if they were not. */
  readonly kernelEventsStoppedAtSeconds?: number | null;
  readonly export: RunExport | null;
  /** For a run that has ended; default: none. */
  readonly traces?: RunTraceExport | null;
}

/** Input of the ledger in one tick. */
export interface RecordedTick {
  readonly sample: Sample;
  /** What ended since the previous sample. */
  readonly exits: ExitBatch;
  /** What happened to processes since the previous sample. */
  readonly events: ProcessEventBatch;
  /** Whether an export window closed with this tick. */
  readonly closesWindow: boolean;
  readonly progress: Progress;
}

export function isSameProgress(a: Progress, b: Progress): boolean {
  return (
    a.missedSamples === b.missedSamples &&
    a.stretchedSamples === b.stretchedSamples &&
    a.exitRecords?.received === b.exitRecords?.received &&
    a.exitRecords?.lost === b.exitRecords?.lost &&
    a.processEvents?.received === b.processEvents?.received &&
    a.processEvents?.lost === b.processEvents?.lost &&
    (a.kernelEventsStoppedAtSeconds ?? null) === (b.kernelEventsStoppedAtSeconds ?? null) &&
    a.export?.delivered === b.export?.delivered &&
    a.export?.failed === b.export?.failed &&
    a.export?.spooled === b.export?.spooled
  );
}
