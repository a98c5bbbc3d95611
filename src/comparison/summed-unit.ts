import { exitedRow, listIn, type Part, partOf, processRow, unitHead } from './document-fields.ts';
import { RunFileError } from './run-file-error.ts';
import { type UnitHead, UnitSums } from './unit-sums.ts';

/** A unit whose rows have been summed up. */
export interface SummedUnit {
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
  if (zeros !== (cut?.count ?? 0)) throw new RunFileError('it is no run document: its rows are none');
  return { head: unitHead(unit), sums };
}

/** A process has a PID; exited ones of one name have a count. Throws RunFileError. */
export function addRow(sums: UnitSums, part: Part): void {
  if ('pid' in part.fields) sums.addProcess(processRow(part));
  else sums.addExited(exitedRow(part));
}
