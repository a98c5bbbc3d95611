import { IO_COUNTERS } from '../host/proc/io.ts';
import { type ProcessColumns, ROW_EMPTY, ROW_ENDED } from '../sampling/process-columns.ts';
import type { ProcessIdentity } from '../sampling/sample.ts';

/** The columns of rows, in the order of the format: the bit of each in a row's mask is its place here. */
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

/** Forgets all rows: what a block of the recording begins with. */
export function clearRows(rows: ProcessColumns): void {
  for (const column of ROW_COLUMNS) rows[column].fill(0);
}

/** Empties the rows of `slots` that have ended; the slots that are left. */
export function dropEnded(slots: readonly number[], rows: ProcessColumns): number[] {
  return slots.filter((slot) => {
    if (rows.state[slot] !== ROW_ENDED) return true;
    rows.state[slot] = ROW_EMPTY;
    rows.serial[slot] = 0;
    return false;
  });
}

/**
 * The usual order of rows: those that stay as they were, and where new ones came, all by age, oldest
 * first. `slots` is put into that order; the first `kept` entries are those that stay.
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

/** The texts of a row as they were at one time: a row changes its names in place. */
export type Texts = Pick<
  ProcessIdentity,
  'serial' | 'name' | 'title' | 'executable' | 'command' | 'subCgroup'
>;

/** Whether these are still the texts of the row. */
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
