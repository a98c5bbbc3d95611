import { IO_COUNTERS } from '../host/proc/io.ts';
import { type ProcessColumns, ROW_EMPTY, ROW_ENDED } from '../sampling/process-columns.ts';
import type { ProcessIdentity } from '../sampling/sample.ts';

/**
 * The columns of rows, in the order of the format: the index of a column is its bit in a row's mask. New columns go last,
 * with a new version of the format; older recordings do not have them.
 */
export const ROW_COLUMNS = [
  'serial',
  'state',
  'origin',
  'unit',
  'pid',
  'ppid',
  'cpuNanos',
  'userTicks',
  'systemTicks',
  'reapedNanos',
  'memoryBytes',
  ...IO_COUNTERS,
  'threads',
  'stamp',
] as const satisfies (keyof ProcessColumns)[];

/** Clears all rows, at the start of a block. */
export function clearRows(rows: ProcessColumns): void {
  for (const column of ROW_COLUMNS) rows[column].fill(0);
}

/** Clears the rows of `slots` that have ended; returns the remaining slots. */
export function dropEnded(slots: readonly number[], rows: ProcessColumns): number[] {
  return slots.filter((slot) => {
    if (rows.state[slot] !== ROW_ENDED) return true;
    rows.state[slot] = ROW_EMPTY;
    rows.serial[slot] = 0;
    return false;
  });
}

/**
 * The usual order of rows: remaining rows are unchanged; if new ones were added, all are sorted by age, oldest first.
 * Sorts `slots` accordingly; the first `kept` entries are the remaining rows.
 */
export function expectOrder(
  slots: number[],
  kept: number,
  identities: readonly (ProcessIdentity | undefined)[],
): void {
  if (slots.length === kept) return;
  slots.sort((a, b) => {
    const left = identities[a]!;
    const right = identities[b]!;
    return left.startTicks - right.startTicks || left.pid - right.pid;
  });
}

/** A copy of the texts of a row, which are modified in place. */
export type Texts = Pick<
  ProcessIdentity,
  'serial' | 'name' | 'title' | 'executable' | 'command' | 'subCgroup'
>;

/** Whether the texts of the row are unchanged. */
export function hasTexts(identity: Texts, texts: Texts | undefined): boolean {
  return (
    texts !== undefined &&
    texts.serial === identity.serial &&
    texts.name === identity.name &&
    texts.title === identity.title &&
    texts.executable === identity.executable &&
    texts.command === identity.command &&
    texts.subCgroup === identity.subCgroup
  );
}
