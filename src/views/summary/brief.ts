import { addByName, exitedOf } from '../../ledger/document/exited-rows.ts';
import type { RunExited, RunProcess, RunUnit } from '../../ledger/document/run-document.ts';

/**
 * The unit for people: processes that ended within one sample have no useful minimum, maximum or mean, and a
 * unit that forks a lot has thousands of them, so they are folded by name, together with those that were never sampled. Documents for
 * programs keep every row.
 */
export function foldBriefProcesses(unit: RunUnit): RunUnit {
  return foldProcesses(unit, isBrief);
}

/** The unit with some ended processes folded by name, together with those that were never sampled. */
export function foldProcesses(unit: RunUnit, isFolded: (row: RunProcess) => boolean): RunUnit {
  const gone = unit.processes.filter(isFolded);
  // Sampled and unsampled processes may have the same name.
  if (gone.length === 0 && !unit.exited.some((row) => row.apportioned)) return unit;
  const folded = new Map<string, RunExited>();
  for (const row of unit.exited) addByName(folded, row);
  for (const row of gone) addByName(folded, exitedOf(row));
  return {
    ...unit,
    processes: unit.processes.filter((row) => !isFolded(row)),
    exited: [...folded.values()],
  };
}

/** Whether it ended within one sample. */
export function isBrief(row: RunProcess): boolean {
  return row.samples <= 1 && row.endedAt !== null;
}
