import type { ExportWindow } from '../ledger/export-window.ts';
import type { SelfReading } from './catalogue/metric.ts';

/** What is being collected: the window that closed last, and the program's own figures at that moment. */
export interface WindowSnapshot {
  readonly window: ExportWindow;
  readonly self: SelfReading;
}

/** The snapshot that the instruments' callbacks and the producer read. They never sample. */
export class CurrentWindow {
  snapshot: WindowSnapshot | null = null;
  /** End of the window before, as it was collected; null at the first. */
  previousEndUnixMillis: number | null = null;

  /** Puts `next` in the place of the snapshot before. */
  turnTo(next: WindowSnapshot): void {
    this.previousEndUnixMillis = this.snapshot?.window.endUnixMillis ?? null;
    this.snapshot = next;
  }
}
