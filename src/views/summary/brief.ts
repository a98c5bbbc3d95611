import { sumOfExitCodes, withExitCode } from '../../ledger/exit-codes.ts';
import { knownHighest, knownSum } from '../../ledger/known.ts';
import type { RunExited, RunProcess, RunUnit } from '../../ledger/run-document.ts';

/**
 * The unit as people read it: processes that ended within one sample have no minimum, maximum or mean to tell, and a
 * unit that forks a lot has thousands of them, so they are folded by name, and with those that nobody saw. Documents for programs keep every row.
 */
export function foldBriefProcesses(unit: RunUnit): RunUnit {
  return foldProcesses(unit, isBrief);
}

/** The unit with some of its processes, which must have ended, folded by name, and with those that nobody saw. */
export function foldProcesses(unit: RunUnit, isFolded: (row: RunProcess) => boolean): RunUnit {
  const gone = unit.processes.filter(isFolded);
  // Those that ended unseen may have the name of some that were seen.
  if (gone.length === 0 && !unit.exited.some((row) => row.apportioned)) return unit;
  const folded = new Map<string, RunExited>();
  for (const row of unit.exited) folded.set(row.name, joined(folded.get(row.name), row));
  for (const row of gone) folded.set(row.name, added(folded.get(row.name), row));
  return {
    ...unit,
    processes: unit.processes.filter((row) => !isFolded(row)),
    exited: [...folded.values()],
  };
}

function isBrief(row: RunProcess): boolean {
  return row.endedAt !== null && row.samples <= 1;
}

function joined(to: RunExited | undefined, row: RunExited): RunExited {
  if (to === undefined) return row;
  return {
    name: row.name,
    count: to.count + row.count,
    cpuSeconds: to.cpuSeconds + row.cpuSeconds,
    diskBytes: knownSum(to.diskBytes, row.diskBytes),
    transferBytes: knownSum(to.transferBytes, row.transferBytes),
    peakMemoryBytes: knownHighest(to.peakMemoryBytes, row.peakMemoryBytes),
    apportioned: to.apportioned || row.apportioned,
    exitCodes: sumOfExitCodes(to.exitCodes, row.exitCodes),
  };
}

function added(to: RunExited | undefined, row: RunProcess): RunExited {
  return {
    name: row.name,
    count: (to?.count ?? 0) + 1,
    cpuSeconds: (to?.cpuSeconds ?? 0) + row.cpuSeconds + row.reapedCpuSeconds,
    diskBytes: knownSum(to?.diskBytes ?? null, row.diskBytes),
    transferBytes: knownSum(to?.transferBytes ?? null, row.transferBytes),
    peakMemoryBytes: knownHighest(to?.peakMemoryBytes ?? null, row.memoryBytes?.max ?? null),
    apportioned: to?.apportioned ?? false,
    exitCodes: withExitCode(to?.exitCodes ?? null, row.exitCode),
  };
}
