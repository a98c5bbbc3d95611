import { systemClock } from '../../../src/host/clock.ts';
import { ProcessEventSource } from '../../../src/host/proc-events/process-event-source.ts';
import { ExitRecordSource } from '../../../src/host/taskstats/exit-record-source.ts';
import type { RunUnit } from '../../../src/ledger/document/run-document.ts';

/** Whether the kernel gives records here, or why not. */
export const hasRecords = await (async (): Promise<true | string> => {
  const source = ExitRecordSource.open();
  if (!(source instanceof ExitRecordSource)) return `takes exit records of the kernel: ${source.kind}`;
  const failure = await source.verify(() => {});
  source.close();
  return failure === null || `takes exit records of the kernel: ${failure.kind}`;
})();

/** Whether the kernel gives process events as well, or why not. */
export const hasEvents = await (async (): Promise<true | string> => {
  if (hasRecords !== true) return hasRecords;
  const source = ProcessEventSource.open(systemClock);
  if (!(source instanceof ProcessEventSource)) return `takes process events of the kernel: ${source.kind}`;
  const failure = await source.verify(() => {});
  source.close();
  return failure === null || `takes process events of the kernel: ${failure.kind}`;
})();

/** Processes of a name: those with rows of their own, and those that ended unseen. */
export function countOf({ names }: RunUnit, name: string): number {
  return names.find((row) => row.name === name)?.count ?? 0;
}
