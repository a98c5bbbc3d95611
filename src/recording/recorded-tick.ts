import type { KernelCounts, RunExport, RunTraceExport } from '../ledger/document/run-document.ts';
import type { ExitBatch } from '../sampling/exit-records.ts';
import type { ProcessEventBatch } from '../sampling/process-events.ts';
import type { Sample } from '../sampling/sample.ts';

/** What the run had counted of itself by a sample. */
export interface Progress {
  readonly missedSamples: number;
  /** Left out on purpose, for the CPU budget. */
  readonly stretchedSamples: number;
  readonly exitRecords: KernelCounts | null;
  readonly processEvents: KernelCounts | null;
  /** When both were stopped, on the clock of the samples; null or not given: they were not. */
  readonly kernelEventsStoppedAtSeconds?: number | null;
  readonly export: RunExport | null;
  /** Of a run that has ended; none if not given. */
  readonly traces?: RunTraceExport | null;
}

/** All that the ledger was fed in one tick. */
export interface RecordedTick {
  readonly sample: Sample;
  /** What ended since the previous sample. */
  readonly exits: ExitBatch;
  /** What happened to processes since the previous sample. */
  readonly events: ProcessEventBatch;
  /** Whether an export window closed with it. */
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
