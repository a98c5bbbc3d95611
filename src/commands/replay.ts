import type { ReplayConfig } from '../config/commands/replay.ts';
import { EXIT } from '../config/exit-codes.ts';
import type { RunDocument } from '../ledger/document/run-document.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RecordingHead } from '../recording/head.ts';
import { RecordedRun } from '../recording/recorded-run.ts';
import { ReplayedRun } from '../recording/replayed-run.ts';
import { wantRanges } from '../telemetry/choices.ts';
import { printable } from '../text/printable.ts';
import { counted } from '../views/format.ts';
import type { SeriesFormat } from '../views/series/series-columns.ts';
import type { CommandContext } from './command-context.ts';
import { LostOutput } from './files/lost-output.ts';
import { written } from './files/output.ts';
import { readingFrom, warnOfMissing } from './files/read-recording.ts';
import { writeSummary } from './files/write-summary.ts';
import type { ReplayedTraces } from './replay/replay-traces.ts';

/** Replays a recorded run. Resolves to the exit code. Throws ConfigError if there is no readable recording, and OutputError. */
export async function replay(config: ReplayConfig, context: CommandContext): Promise<number> {
  const { log, standardOutput } = context;
  const { file, to } = config;
  for (const warning of config.warnings) log.warn({}, warning);
  if (config.live) {
    const { replayLive } = await import('./replay/replay-live.ts');
    await replayLive(config, context);
    if (config.summary === 'none' && config.summaryFile === undefined) return EXIT.DONE;
  }
  let code: number = EXIT.DONE;
  const document = await readingFrom(file, async () => {
    const run = RecordedRun.open(file);
    const traces = await tracesOf(run.head, config, context);
    const keepsRanges = wantRanges(config.optionalMetrics);
    const replayed = new ReplayedRun(run, config.summaryRows, keepsRanges, (tick, ledger) =>
      traces?.take(tick, ledger),
    );
    if (to === 'summary') for (const _ of replayed.ticks()) await traces?.hasRoom();
    else if (to === 'csv' || to === 'jsonl') {
      await writeSeries(replayed, to, standardOutput);
    } else {
      const { exportReplay } = await import('./replay/replay-metrics.ts');
      const left = await exportReplay(replayed, run.head, config, context, traces);
      if (left > 0) {
        log.error(
          { windows: left },
          `the collector did not accept ${counted(left, 'window')} of the recording's metrics`,
        );
        code = EXIT.NEGATIVE;
      }
    }
    warnOfMissing(log, file, run.completeness.missing);
    const document = replayed.document();
    if (traces !== null && !(await sendSpans(traces, replayed.ledger, document, config, context)))
      code = EXIT.NEGATIVE;
    return document;
  });
  const lost = new LostOutput(log);
  await writeSummary(document, config, standardOutput, lost);
  return lost.isAny ? EXIT.NOT_WRITTEN : code;
}

/**
 * Writes a run's time series, sample by sample. After the reader has closed the pipe, the rest is still booked, for
 * the summary. Throws OutputError.
 */
async function writeSeries(
  replayed: ReplayedRun,
  format: SeriesFormat,
  standardOutput: NodeJS.WriteStream,
): Promise<void> {
  const { TimeSeries } = await import('../views/series/time-series.ts');
  const series = new TimeSeries(replayed.ledger, format);
  let isTaken = await written(standardOutput, series.head);
  for (const { usage } of replayed.ticks())
    if (isTaken) isTaken = await written(standardOutput, series.rowsOf(usage));
}

/** Null where no spans are to be sent. */
async function tracesOf(
  head: RecordingHead,
  { traces, ...config }: ReplayConfig,
  context: CommandContext,
): Promise<ReplayedTraces | null> {
  if (traces === undefined || traces.exporters.length === 0) return null;
  const { ReplayedTraces } = await import('./replay/replay-traces.ts');
  return new ReplayedTraces(head, { ...config, traces }, context);
}

/** Sends what is left of the spans. Resolves to whether all were taken. */
async function sendSpans(
  traces: ReplayedTraces,
  ledger: Ledger,
  { command, processEvents }: RunDocument,
  { file }: ReplayConfig,
  { log }: CommandContext,
): Promise<boolean> {
  if (processEvents === null)
    log.warn({}, `${printable(file)} has no process events: processes that no sample saw have no span`);
  const { left, spans } = await traces.finish(ledger, command);
  if (left === 0) log.info({ spans }, `sent ${counted(spans, 'span')} of the recording`);
  else
    log.error(
      { batches: left },
      `the collector did not accept ${counted(left, 'batch', 'batches')} of the recording's spans`,
    );
  return left === 0;
}
