import type { ReplayConfig } from '../../config/commands/replay.ts';
import type { Usage } from '../../ledger/measuring/usage.ts';
import type { ExportWindow } from '../../ledger/window/export-window.ts';
import { WindowBuilder } from '../../ledger/window/window-builder.ts';
import type { RecordingHead } from '../../recording/head.ts';
import type { ReplayedRun } from '../../recording/replayed-run.ts';
import type { ProgramFigures } from '../../telemetry/catalogue/metric.ts';
import { detailMetricNames } from '../../telemetry/catalogue/process-details.ts';
import { chooseMetrics } from '../../telemetry/catalogue.ts';
import { NOTHING_DELIVERED } from '../../telemetry/export/delivery.ts';
import { ENCODINGS } from '../../telemetry/export/otlp-encoding.ts';
import { Meters } from '../../telemetry/meters.ts';
import { withEnds } from '../../telemetry/points/series-end.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { escapeUnseenInJson } from '../../text/printable.ts';
import type { CommandContext } from '../command-context.ts';
import { written } from '../files/output.ts';
import { consoleWriter } from '../log.ts';
import { fewWait, MOST_WAITING, REPLAY_SPOOL, recordedResource } from './collector-patience.ts';
import type { ReplayedTraces } from './replay-traces.ts';

/** Receives the export windows of a run. */
interface WayOut {
  recordTick(usage: Usage): void;
  /** All series end with the last window (`isLast`). Resolves to true when the next window may follow, to false when the reader has closed. */
  exportWindow(window: ExportWindow, isLast: boolean): Promise<boolean>;
  /** Windows that were not accepted. */
  close(): Promise<number>;
}

/** Exports a run's metrics again, in the windows of the run. Resolves to the number of windows not accepted. Throws OutputError. */
export async function exportReplay(
  replayed: ReplayedRun,
  head: RecordingHead,
  config: ReplayConfig,
  context: CommandContext,
  traces: Pick<ReplayedTraces, 'hasRoom'> | null,
): Promise<number> {
  const out = config.to === 'otlp' ? toCollector(head, config, context) : toLines(head, config, context);
  let windows: WindowBuilder | undefined;
  /** Time of the last tick, unless a window closed with it. */
  let open: { readonly unixMillis: number; readonly atSeconds: number } | null = null;
  let isTaken = true;
  for (const { tick, usage, isLast } of replayed.ticks()) {
    windows ??= new WindowBuilder(replayed.ledger, replayed.startedUnixMillis, replayed.startedAtSeconds, {
      processesOfUnit: config.processSeries,
    });
    windows.gather();
    out.recordTick(usage);
    await traces?.hasRoom();
    const { unixMillis, atSeconds } = tick.sample;
    open = tick.closesWindow ? null : { unixMillis, atSeconds };
    // The rest is still booked, for the summary.
    if (open === null && isTaken)
      isTaken = await out.exportWindow(windows.close(unixMillis, atSeconds), isLast);
  }
  // A killed run did not close its last window.
  if (isTaken && open !== null && windows !== undefined)
    await out.exportWindow(windows.close(open.unixMillis, open.atSeconds), true);
  return out.close();
}

/** Options of a run's metrics, for every exporter. No metrics of the program itself: the recorded one was another process. */
function optionsOf(
  head: RecordingHead,
  { processSeries, optionalMetrics, temporality, histogramAggregation }: ReplayConfig,
) {
  return {
    resource: recordedResource(head),
    startedUnixMillis: head.startedUnixMillis,
    temporality,
    histogramAggregation,
    alsoOn: [...detailMetricNames(new Set(head.processDetails)), ...optionalMetrics],
    ofProcesses: processSeries > 0,
    ofSelf: false,
  };
}

/**
 * Writes a line of OTLP JSON per window, in the format of the collector's file exporter and otlp_json_file receiver. Characters
 * that a terminal acts on are written as JSON escapes, so the values are the same.
 */
function toLines(head: RecordingHead, config: ReplayConfig, { standardOutput }: CommandContext): WayOut {
  const options = optionsOf(head, config);
  const meters = new Meters({ ...options, metrics: chooseMetrics(options) });
  return {
    recordTick: (usage) => meters.recordTick(usage, null),
    async exportWindow(window, isLast) {
      const metrics = await meters.collectWindow(window, NOTHING_OF_ITSELF);
      const request = ENCODINGS.json.encode(isLast ? withEnds(metrics, window.endUnixMillis) : metrics);
      const line = `${escapeUnseenInJson(Buffer.from(request).toString('utf8'))}\n`;
      return written(standardOutput, line);
    },
    close: async () => 0,
  };
}

function toCollector(head: RecordingHead, config: ReplayConfig, context: CommandContext): WayOut {
  const { clock, log, standardError } = context;
  const telemetry = startTelemetry({
    ...optionsOf(head, config),
    exporters: ['otlp'],
    spool: REPLAY_SPOOL,
    exportTimeoutSeconds: config.exportTimeoutSeconds,
    clock,
    selfFigures: () => NOTHING_OF_ITSELF,
    log,
    writeConsole: consoleWriter(standardError),
    environment: config.otlpEnvironment,
    usesProxy: config.usesProxy,
  });
  let given = 0;
  const waits = (most: number) => fewWait(() => telemetry.counts, most, clock);
  return {
    recordTick: (usage) => telemetry.recordTick(usage),
    async exportWindow(window, isLast) {
      await telemetry.exportWindow(window, isLast);
      given++;
      return waits(MOST_WAITING);
    },
    async close() {
      await waits(0);
      await telemetry.shutdown(0);
      return given - telemetry.counts.delivered;
    },
  };
}

/** Output that is dropped. */
const NOTHING_OF_ITSELF = {
  missedTicks: 0,
  throttledTicks: null,
  sampleIntervalSeconds: 0,
  readFailures: { gone: 0, denied: 0, unsupported: 0, malformed: 0, exhausted: 0 },
  trackedProcesses: 0,
  exitRecords: null,
  processEvents: null,
  userCpuSeconds: 0,
  systemCpuSeconds: 0,
  memoryBytes: 0,
  delivery: NOTHING_DELIVERED,
  seriesBudget: null,
} as const satisfies ProgramFigures;
