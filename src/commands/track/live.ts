import type { Config } from '../../config/config.ts';
import type { CommandStreams } from '../../discovery/processes/launched-command.ts';
import { readOwnerAndState } from '../../host/proc/status.ts';
import { readUserNames, type UserNames } from '../../host/user-names.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Usage } from '../../ledger/measuring/usage.ts';
import type { SampleScheduler } from '../../sampling/sample-scheduler.ts';
import type { DeliveryCounts, DeliveryState } from '../../telemetry/export/delivery.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Log } from '../../text/log.ts';
import { counted } from '../../views/format.ts';
import type { LiveDelivery, LiveRun } from '../../views/live/model/frame.ts';
import { LedgerFrames, type StatusOf } from '../../views/live/model/ledger-frames.ts';
import type { CommandContext } from '../command-context.ts';
import type { LogStream } from '../log.ts';
import { HeldLog } from '../terminal/held-log.ts';
import { LineSplitter } from '../terminal/line-splitter.ts';
import { TerminalView } from '../terminal/terminal-view.ts';
import { FigurePace } from './figure-pace.ts';
import { areSent } from './run-export.ts';

/** The live view of a run; loaded only with `--live`. */
export class Live {
  /** Replace the run's log and its standard error. */
  readonly log: Log;
  readonly standardError: LogStream;
  /** Decides when cgroup metrics are read. */
  readonly figures = new FigurePace();
  readonly #held: HeldLog;
  readonly #config: Config;
  readonly #context: CommandContext;
  readonly #terminal: TerminalView;
  #frames: LedgerFrames | undefined;
  /** Shows the tick from before the terminal was taken over. */
  #first = () => {};
  #onDefect: (error: unknown) => void = () => {};

  /** Throws ConfigError without a suitable terminal. */
  constructor(config: Config, context: CommandContext) {
    const { standardError, end } = context;
    this.#config = config;
    this.#context = context;
    this.#terminal = new TerminalView(context, {
      askedBy: '--live',
      onQuit: (signal) => end.interrupt(signal),
      onDefect: (error) => this.#onDefect(error),
    });
    const write = (text: string) => void standardError.write(text);
    this.#held = new HeldLog(context.log, config.logLevel, standardError.isTTY === true, write);
    this.log = this.#held.log;
    const lines = new LineSplitter((line) => this.#held.takeLine(line));
    this.standardError = { write: (text) => lines.push(Buffer.from(text)) };
  }

  /** A command must not write to the terminal or read from it: its output is shown like the log. */
  readonly commandStreams = (standardOutput: number): CommandStreams => {
    const { standardOutput: first, standardError: second } = this.#context;
    const outputOf = (descriptor: number) =>
      (descriptor === 1 ? first : second).isTTY === true
        ? new LineSplitter((line) => this.#held.takeLine(line, true))
        : descriptor;
    return { input: 'ignore', output: outputOf(standardOutput), error: outputOf(2) };
  };

  /** Takes over the terminal. `onDefect` is called with errors of the view. */
  open(ledger: Ledger, onDefect: (error: unknown) => void): void {
    this.#frames = new LedgerFrames(ledger, statusesIn(this.#config.procRoot));
    this.#onDefect = onDefect;
    this.#held.showIn((line) => this.#terminal.view.addLine(line));
    this.#terminal.open(() => this.close());
    this.#first();
  }

  /** Shows the tick that was just booked, this long after the start; `telemetry` is missing in the first one. */
  show(
    usage: Usage,
    elapsedSeconds: number,
    scheduler: SampleScheduler,
    telemetry: Telemetry | undefined,
  ): void {
    if (!this.#terminal.isOpen) {
      this.#first = () => this.show(usage, elapsedSeconds, scheduler, telemetry);
      return;
    }
    const { durationSeconds } = this.#config;
    const run: LiveRun = {
      elapsedSeconds,
      remainingSeconds: durationSeconds > 0 ? Math.max(0, durationSeconds - elapsedSeconds) : null,
      everySeconds: scheduler.intervalSeconds,
      missedTicks: scheduler.missed,
      delivery: areSent(this.#config) ? liveDelivery(telemetry?.counts) : null,
    };
    this.#terminal.view.show(this.#frames!.frameOf(usage, run));
  }

  /** Restores the terminal and writes the held output. May be called twice, and before `open`. */
  close(): void {
    this.#terminal.close();
    this.#held.release();
  }
}

/** Looks up users and states in a `/proc`. */
function statusesIn(procRoot: string): StatusOf {
  let users: UserNames | undefined;
  return (pid) => {
    const read = readOwnerAndState(procRoot, pid);
    if (read === undefined) return null;
    users ??= readUserNames(procRoot);
    return { user: users.of(read.uid), state: read.state };
  };
}

const STATES: Readonly<Record<DeliveryState, LiveDelivery['state']>> = {
  idle: 'waiting',
  delivered: 'delivered',
  spooling: 'spooling',
  failing: 'failing',
};

/** State of the export in words: the current state, then the counts of windows. */
function liveDelivery(counts: DeliveryCounts | undefined): LiveDelivery {
  if (counts === undefined || counts.state === 'idle')
    return { state: 'waiting', text: 'nothing was sent yet' };
  const { delivered, failed, rejectedPoints, state } = counts;
  const done = `delivered ${counted(delivered, 'window')}`;
  const parts = [state === 'delivered' ? done : counts.stateText, state === 'delivered' ? '' : done];
  if (failed > 0) parts.push(`${failed} lost`);
  if (rejectedPoints > 0) parts.push(`${counted(rejectedPoints, 'point')} refused`);
  return { state: STATES[state], text: parts.filter((part) => part !== '').join(', ') };
}
