import type { ProcessColumns } from '../../src/sampling/process-columns.ts';
import type { Sample } from '../../src/sampling/sample.ts';

/** Rows that differ from the columns `before`, or for which `isNews` is true. */
export function changedRows(
  rows: ProcessColumns,
  before: ProcessColumns,
  slots: Iterable<number>,
  isNews: (slot: number) => boolean = () => false,
): Pick<Sample, 'changed' | 'changedCount'> {
  const changed = Int32Array.from(
    [...slots].filter((slot) => isNews(slot) || rows.differsFrom(before, slot)),
  );
  return { changed, changedCount: changed.length };
}
