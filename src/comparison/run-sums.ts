import type { RunDocument } from '../ledger/document/run-document.ts';
import type { ComparedRun, ComparedUnit } from './compared-run.ts';
import { exitedRow, listIn, type Part, partOf, processRow, unitHead } from './document-fields.ts';
import { RunFileError } from './run-file-error.ts';
import { type UnitHead, UnitSums } from './unit-sums.ts';

/** Properties of a run other than its units. */
export interface RunHead
  extends Pick<
    RunDocument,
    'startedAt' | 'endedAt' | 'intervalSeconds' | 'samples' | 'missedSamples' | 'stretchedSamples'
  > {
  readonly hasExitRecords: boolean;
  /** The end of `--duration` ended the command, so its work is not finished. */
  readonly isCommandCut: boolean;
}

/** Assembles a run. Throws RunFileError if it has no length. */
export function comparedRun(
  file: string,
  head: RunHead,
  units: Iterable<SummedUnit>,
  missing: readonly string[],
): ComparedRun {
  const seconds = secondsOf(head);
  const { startedAt, endedAt, intervalSeconds, samples, hasExitRecords } = head;
  const named = new Map<string, ComparedUnit>();
  for (const { head: unit, sums } of units) {
    const summed = sums.unit(unit, seconds, samples);
    const isFinished = summed.isFinished && !head.isCommandCut;
    named.set(freeName(unit.unit, named), { ...summed, isFinished });
  }
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

/** The run of a document in memory. Throws RunFileError. */
export function comparedDocument(
  file: string,
  document: RunDocument,
  missing: readonly string[],
): ComparedRun {
  const head = {
    ...document,
    hasExitRecords: document.exitRecords !== null,
    isCommandCut: document.command?.exitCode === null,
  };
  return comparedRun(
    file,
    head,
    document.units.map((unit, index) => summedUnit(partOf(unit, `units[${index}]`))),
    missing,
  );
}

function secondsOf(head: RunHead): number {
  const byClock = (Date.parse(head.endedAt) - Date.parse(head.startedAt)) / 1000;
  if (byClock > 0) return byClock;
  // The clock was set back during the run.
  const ticks = head.samples + head.missedSamples + head.stretchedSamples;
  const byTicks = (ticks - 1) * head.intervalSeconds;
  if (byTicks > 0) return byTicks;
  throw new RunFileError('it has fewer than two samples, so it covers no time');
}

/** If targets have the same name, the first one keeps it unchanged. */
export function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name} (${count})`;
  return free;
}

/** A unit whose rows have been summed up. */
interface SummedUnit {
  readonly head: UnitHead;
  readonly sums: UnitSums;
}

/** Rows that were cut out of one unit while the document was read. */
export interface CutRows {
  readonly sums: UnitSums;
  count: number;
}

/**
 * Reads a unit of a run document. Its lists hold a 0 for each row in `cut`; a list whose key was not recognised (an escape
 * in it) holds rows. Throws RunFileError for an invalid field.
 */
export function summedUnit(unit: Part, cut?: CutRows): SummedUnit {
  const sums = cut?.sums ?? new UnitSums();
  let zeros = 0;
  for (const key of ['processes', 'exited'])
    for (const [index, row] of listIn(unit, key).entries()) {
      if (row === 0) zeros++;
      else addRow(sums, partOf(row, `${unit.at}.${key}[${index}]`));
    }
  if (zeros !== (cut?.count ?? 0)) throw new RunFileError('it is no run document: its rows are malformed');
  return { head: unitHead(unit), sums };
}

/** A process has a PID; exited ones of one name have a count. Throws RunFileError. */
export function addRow(sums: UnitSums, part: Part): void {
  if ('pid' in part.fields) sums.addProcess(processRow(part));
  else sums.addExited(exitedRow(part));
}
