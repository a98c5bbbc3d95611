import type { ReplayedRun } from '../../recording/replayed-run.ts';
import type { SeriesFormat } from '../../views/series/series-columns.ts';
import { TimeSeries } from '../../views/series/time-series.ts';
import { written } from '../files/standard-output.ts';

/**
 * Writes a run's time series, sample by sample. After the reader has closed the pipe, the rest is still booked, for
 * the summary. Throws OutputError.
 */
export async function writeSeries(
  replayed: ReplayedRun,
  format: SeriesFormat,
  standardOutput: NodeJS.WriteStream,
): Promise<void> {
  const series = new TimeSeries(replayed.ledger, format);
  let isTaken = await written(standardOutput, series.head);
  for (const { usage } of replayed.ticks())
    if (isTaken) isTaken = await written(standardOutput, series.rowsOf(usage));
}
