import type { ProcessColumns } from '../../src/sampling/process-columns.ts';
import type { Sample } from '../../src/sampling/sample.ts';

/** Which rows are not just what they were in the columns `before`; those for which `isNews` holds are others anyway. */
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
