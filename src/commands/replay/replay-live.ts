import type { ReplayConfig } from '../../config/commands/replay.ts';
import type { RunExport } from '../../ledger/document/run-document.ts';
import { RecordedRun } from '../../recording/recorded-run.ts';
import { RecordingError } from '../../recording/recording-error.ts';
import { ReplayedRun } from '../../recording/replayed-run.ts';
import type { Log } from '../../text/log.ts';
import { counted } from '../../views/format.ts';
import type { LiveDelivery, LiveFrame } from '../../views/live/model/frame.ts';
import { LedgerFrames } from '../../views/live/model/ledger-frames.ts';
import { type FrameSource, MOST_FRAMES } from '../../views/live/replay/frame-buffer.ts';
import { Player } from '../../views/live/replay/player.ts';
import type { CommandContext } from '../command-context.ts';
import { readingFrom, warnOfMissing } from '../files/read-recording.ts';
import { HeldLog } from '../terminal/held-log.ts';
import { TerminalView } from '../terminal/terminal-view.ts';

/**
 * Plays a recorded run in the terminal until the user quits. Throws ConfigError without a suitable terminal,
 * or without a readable recording.
 */
export async function replayLive(config: ReplayConfig, context: CommandContext): Promise<void> {
  const { clock, end, log, standardError } = context;
  const held = new HeldLog(log, config.logLevel, standardError.isTTY === true, (text) => {
    standardError.write(text);
  });
  let defect: { readonly error: unknown } | undefined;
  const failed = (error: unknown) => {
    defect ??= { error };
    end.interrupt();
  };
  const terminal = new TerminalView(context, {
    askedBy: '--live',
    lookBack: MOST_FRAMES,
    source: () => player.source(),
    takesInput: (input) => player.takesInput(input),
    onQuit: () => end.interrupt(),
    onDefect: failed,
  });
  const player = await readingFrom(config.file, () => {
    const source = new RecordingFrames(config.file, held.log);
    const first = new Player(terminal.view, source, clock, failed);
    first.load();
    return first;
  });
  const close = () => {
    player.stop();
    terminal.close();
    held.release();
  };
  try {
    held.showIn((line) => terminal.view.addLine(line));
    terminal.open(close);
    player.start();
    await end.reached();
  } finally {
    close();
  }
  if (defect !== undefined) throw defect.error;
}

/** The frames of a recording, booked as the run itself booked them. */
class RecordingFrames implements FrameSource {
  readonly #file: string;
  readonly #run: RecordedRun;
  readonly #log: Log;
  #isSaid = false;

  /** Throws RecordingError if the file is no recording, and errors of `node:fs`. */
  constructor(file: string, log: Log) {
    this.#file = file;
    this.#run = RecordedRun.open(file);
    this.#log = log;
  }

  *frames(): Generator<LiveFrame> {
    const { head } = this.#run;
    const replayed = new ReplayedRun(this.#run);
    const frames = new LedgerFrames(replayed.ledger);
    let count = 0;
    try {
      for (const { tick, usage } of replayed.ticks()) {
        const { missedSamples, export: exported } = tick.progress;
        yield frames.frameOf(usage, {
          elapsedSeconds: tick.sample.atSeconds - replayed.startedAtSeconds,
          remainingSeconds: null,
          everySeconds: head.intervalSeconds,
          missedTicks: missedSamples,
          delivery: exported === null ? null : deliveryOf(exported),
        });
        count++;
      }
    } catch (error) {
      // Earlier parts are still replayed.
      if (!(error instanceof RecordingError) || count === 0) throw error;
      this.#say([error.message]);
      return;
    }
    this.#say(this.#run.completeness.missing);
  }

  *lastSeconds(): Generator<void, number | null> {
    const atSeconds = yield* this.#run.lastAtSeconds();
    if (atSeconds === null) return null;
    return Math.max(0, atSeconds - this.#startedAtSeconds());
  }

  /** Start of the time axis: the start of the run, or the first sample that is left. */
  #startedAtSeconds(): number {
    const { head } = this.#run;
    if (head.part === 0) return head.startedAtSeconds;
    for (const { sample } of this.#run.ticks()) return sample.atSeconds;
    return head.startedAtSeconds;
  }

  #say(missing: readonly string[]): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    warnOfMissing(this.#log, this.#file, missing);
  }
}

/** State of the run's export at that time. */
function deliveryOf({ delivered, failed, spooled }: RunExport): LiveDelivery {
  const parts = [`delivered ${counted(delivered, 'window')}`];
  if (spooled > 0) parts.push(`${spooled} waiting`);
  if (failed > 0) parts.push(`${failed} lost`);
  const state = failed > 0 ? 'failing' : spooled > 0 ? 'spooling' : delivered > 0 ? 'delivered' : 'waiting';
  return { state, text: parts.join(', ') };
}
