import type { RunDocument, RunUnit } from '../ledger/document/run-document.ts';
import type { ComparedRun, ComparedUnit } from './compared-run.ts';
import { RunFileError } from './run-file-error.ts';
import { type UnitHead, UnitSums } from './unit-sums.ts';

/** What is read of a run beside its units. */
export interface RunHead
  extends Pick<
    RunDocument,
    'startedAt' | 'endedAt' | 'intervalSeconds' | 'samples' | 'missedSamples' | 'stretchedSamples'
  > {
  readonly hasExitRecords: boolean;
}

/** A unit whose rows have been summed up. */
export interface SummedUnit {
  readonly head: UnitHead;
  readonly sums: UnitSums;
}

/** Puts a run together. Throws RunFileError where it has no length. */
export function comparedRun(
  file: string,
  head: RunHead,
  units: Iterable<SummedUnit>,
  missing: readonly string[] = [],
): ComparedRun {
  const seconds = secondsOf(head);
  const { startedAt, endedAt, intervalSeconds, samples, hasExitRecords } = head;
  const named = new Map<string, ComparedUnit>();
  for (const { head: unit, sums } of units)
    named.set(freeName(unit.unit, named), sums.unit(unit, seconds, samples));
  return {
    file,
    startedAt,
    endedAt,
    seconds,
    intervalSeconds,
    samples,
    hasExitRecords,
    units: named,
    missing,
  };
}

/** A run document that is at hand. Throws RunFileError. */
export function comparedDocument(
  file: string,
  document: RunDocument,
  missing: readonly string[],
): ComparedRun {
  const head = { ...document, hasExitRecords: document.exitRecords !== null };
  return comparedRun(
    file,
    head,
    document.units.map((unit) => summedUnit(unit)),
    missing,
  );
}

function summedUnit(unit: RunUnit): SummedUnit {
  const sums = new UnitSums();
  for (const row of unit.processes) sums.addProcess(row);
  for (const row of unit.exited) sums.addExited(row);
  const { cpu, totals, resources, instances, foldedUnits } = unit;
  const head = {
    unit: unit.unit,
    instances,
    foldedUnits,
    totalCpuSeconds: cpu.totalSeconds,
    attributedCpuSeconds: cpu.attributedSeconds,
    peakCpuPercent: totals.cpuPercent?.max ?? null,
    peakResidentBytes: totals.memoryBytes?.max ?? null,
    mostProcesses: totals.processesAlive?.max ?? null,
    memoryPeakBytes: resources?.memoryPeakBytes ?? null,
    throttledSeconds: resources?.throttledSeconds ?? null,
    oomKills: resources?.memoryEvents.oomKill ?? null,
  };
  return { head, sums };
}

function secondsOf(head: RunHead): number {
  const byClock = (Date.parse(head.endedAt) - Date.parse(head.startedAt)) / 1000;
  if (byClock > 0) return byClock;
  // The clock was set back meanwhile.
  const ticks = head.samples + head.missedSamples + head.stretchedSamples;
  const byTicks = (ticks - 1) * head.intervalSeconds;
  if (byTicks > 0) return byTicks;
  throw new RunFileError('it has no two samples, and so no time that anything was used in');
}

/** Of targets with one name, the first has it for itself. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name} (${count})`;
  return free;
}
