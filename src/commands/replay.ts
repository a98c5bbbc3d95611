import type { ReplayConfig } from '../config/commands/replay.ts';
import { EXIT } from '../config/exit-codes.ts';
import { RecordedRun } from '../recording/recorded-run.ts';
import { ReplayedRun } from '../recording/replayed-run.ts';
import { wantRanges } from '../telemetry/choices.ts';
import { printable } from '../text/printable.ts';
import { counted } from '../views/format.ts';
import type { CommandContext } from './command-context.ts';
import { LostOutput } from './files/lost-output.ts';
import { readingFrom } from './files/read-recording.ts';
import { writeSummary } from './files/write-summary.ts';

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
    const replayed = new ReplayedRun(run, config.summaryRows, wantRanges(config.optionalMetrics));
    if (to === 'summary') for (const _ of replayed.ticks());
    else if (to === 'csv' || to === 'jsonl') {
      const { writeSeries } = await import('./replay/replay-series.ts');
      await writeSeries(replayed, to, standardOutput);
    } else {
      const { exportReplay } = await import('./replay/replay-metrics.ts');
      const left = await exportReplay(replayed, run.head, config, context);
      if (left > 0) {
        log.error(
          { windows: left },
          `the collector did not accept ${counted(left, 'window')} of the recording's metrics`,
        );
        code = EXIT.NEGATIVE;
      }
    }
    for (const missing of run.completeness.missing)
      log.warn({}, `${printable(file)} is incomplete: ${missing}`);
    return replayed.document();
  });
  const lost = new LostOutput(log);
  await writeSummary(document, config, standardOutput, lost);
  return lost.isAny ? EXIT.NOT_WRITTEN : code;
}
