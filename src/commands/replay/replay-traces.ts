import type { ReplayConfig } from '../../config/commands/replay.ts';
import type { RunCommand } from '../../ledger/document/run-document.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { RecordingHead } from '../../recording/head.ts';
import type { RecordedTick } from '../../recording/recorded-tick.ts';
import { RunTraces } from '../../traces/run-traces.ts';
import { SpanSink } from '../../traces/span-sink.ts';
import type { CommandContext } from '../command-context.ts';
import { consoleWriter } from '../log.ts';
import { fewWait, MOST_WAITING, REPLAY_SPOOL, recordedResource } from './collector-patience.ts';

/** The traces of a recorded run: its processes as spans, at the times they were of. */
export class ReplayedTraces {
  readonly #traces: RunTraces;
  readonly #clock: CommandContext['clock'];
  #now = { unixMillis: 0, atSeconds: 0 };
  #isTaken = true;

  /** Throws TelemetrySetupError for variables that cannot be used. */
  constructor(
    head: RecordingHead,
    config: ReplayConfig & { readonly traces: NonNullable<ReplayConfig['traces']> },
    { clock, log, environment, standardError }: CommandContext,
  ) {
    const { exporters, mostSpans, timeoutSeconds } = config.traces;
    this.#clock = clock;
    this.#traces = new RunTraces({
      ...{ environment, mostSpans, log },
      // Known by its end only, and nobody asks for its context here.
      isOfCommand: false,
      unixMillisAt: (atSeconds) => this.#now.unixMillis + (atSeconds - this.#now.atSeconds) * 1000,
    });
    const resource = recordedResource(head);
    const sink = SpanSink.open({
      exporters,
      resource,
      delivery: {
        environment: config.otlpEnvironment,
        usesProxy: config.usesProxy,
        headersFile: null,
        timeoutSeconds,
        version: resource.version,
        writeConsole: consoleWriter(standardError),
        spool: REPLAY_SPOOL,
        clock,
        log,
      },
    });
    if (sink !== null) this.#traces.open(sink);
  }

  /** Takes a tick once it is booked. */
  take(tick: RecordedTick, ledger: Ledger): void {
    const { unixMillis, atSeconds } = tick.sample;
    this.#now = { unixMillis, atSeconds };
    if (this.#isTaken) this.#traces.take(tick, ledger, tick.closesWindow);
  }

  /** Resolves when the next tick may come. */
  async hasRoom(): Promise<void> {
    this.#isTaken &&= await this.#fewWait(MOST_WAITING);
  }

  /** After the last tick. Resolves to the batches that were not taken, and the spans that were made. */
  async finish(ledger: Ledger, command: RunCommand | null): Promise<{ left: number; spans: number }> {
    this.#traces.finish(this.#now.atSeconds, ledger, command?.exitCode ?? null);
    await this.#fewWait(0);
    await this.#traces.shutdown(0);
    const { failed = 0, spooled = 0, spans = 0 } = this.#traces.counts ?? {};
    return { left: failed + spooled, spans };
  }

  #fewWait(most: number): Promise<boolean> {
    const nothing = { delivered: 0, failed: 0, spooled: 0 };
    return fewWait(() => this.#traces.counts ?? nothing, most, this.#clock);
  }
}
