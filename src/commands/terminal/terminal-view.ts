import { ConfigError } from '../../config/config-error.ts';
import { LiveView, type LiveViewOptions } from '../../views/live/live-view.ts';
import { NonBlockingOutput } from '../../views/live/terminal/output.ts';
import type { Background, ColourDepth } from '../../views/live/terminal/palette.ts';
import { Terminal } from '../../views/live/terminal/terminal.ts';
import type { CommandContext, TerminalHold } from '../command-context.ts';
import { dropOutput } from '../files/output.ts';
import type { EndSignal } from '../run-end.ts';

/** What a view on the terminal needs in addition to its frames. */
export interface TerminalViewOptions extends Pick<LiveViewOptions, 'source' | 'takesInput' | 'lookBack'> {
  /** The option that requested it, for messages: `--live`. */
  readonly askedBy: string;
  /** A key requests the end, like SIGINT, or the terminal was closed (SIGHUP). */
  onQuit(signal: EndSignal): void;
  /** Called with errors of the view itself. */
  onDefect(error: unknown): void;
}

/** The live view on this program's terminal, for frames of any source. */
export class TerminalView {
  /** Receives frames and log lines. */
  readonly view: LiveView;
  readonly #terminal: Terminal;
  readonly #context: CommandContext;
  #hold: TerminalHold | undefined;

  /** Throws ConfigError without a suitable terminal. */
  constructor(context: CommandContext, options: TerminalViewOptions) {
    const { standardInput, standardOutput, clock, environment } = context;
    const output = terminalOf(context, options.askedBy);
    const guarded =
      <A extends unknown[]>(act: (...given: A) => void) =>
      (...given: A) => {
        try {
          act(...given);
        } catch (error) {
          options.onDefect(error);
        }
      };
    this.#context = context;
    this.#terminal = new Terminal(
      standardInput,
      new NonBlockingOutput(output, output === standardOutput ? 1 : 2),
      {
        clock,
        depth: depthOf(output, environment),
        background: backgroundOf(environment),
        onInput: guarded((inputs) => this.view.take(inputs)),
        onChange: guarded(() => this.view.draw()),
        onGone: () => {
          for (const stream of [standardOutput, context.standardError])
            if (stream.isTTY === true) dropOutput(stream);
          options.onQuit('SIGHUP');
        },
      },
    );
    this.view = new LiveView(this.#terminal, {
      ...options,
      onQuit: () => options.onQuit('SIGINT'),
      onSuspend: () => this.#hold?.suspend(),
    });
  }

  get isOpen(): boolean {
    return this.#hold !== undefined;
  }

  /** Takes over the terminal. `onExit` is called if the program ends without `close`. */
  open(onExit: () => void): void {
    this.#hold = this.#context.holdTerminal({
      exit: onExit,
      leave: () => this.#terminal.leave(),
      takeBack: () => {
        // After SIGSTOP the view still holds the terminal, but its state may have changed.
        this.#terminal.leave();
        this.#terminal.enter();
        this.view.draw();
      },
    });
    this.#terminal.enter();
  }

  /** Restores the terminal. May be called twice, and before `open`. */
  close(): void {
    this.#hold?.release();
    this.#hold = undefined;
    this.#terminal.leave();
  }
}

/** The stream that is a terminal: standard output, else standard error. */
function terminalOf(
  { standardInput, standardOutput, standardError, environment }: CommandContext,
  askedBy: string,
): NodeJS.WriteStream {
  const refused = (why: string) => new ConfigError(`${askedBy} needs a terminal${why}`, { option: askedBy });
  if (standardInput.isTTY !== true)
    throw refused(', but standard input is not one (use ssh -t, kubectl exec -it, docker exec -it)');
  const output = [standardOutput, standardError].find(({ isTTY }) => isTTY === true);
  if (output === undefined) throw refused(', but neither standard output nor standard error is one');
  if (environment.TERM === 'dumb')
    throw refused(' with cursor control, and TERM is "dumb": set TERM to the type of the terminal');
  return output;
}

function depthOf(output: NodeJS.WriteStream, environment: CommandContext['environment']): ColourDepth {
  if ((environment.NO_COLOR ?? '') !== '') return 'none';
  // Node would warn of contradictions between these, in the middle of the screen.
  const silent = { FORCE_COLOR: undefined, NO_COLOR: undefined, NODE_DISABLE_COLORS: undefined };
  const bits = output.getColorDepth({ ...environment, ...silent });
  if (bits >= 24) return 'true';
  return bits >= 8 ? '256' : bits >= 4 ? '16' : 'none';
}

/** `COLORFGBG` is `FOREGROUND;BACKGROUND` in the sixteen colours, where the terminal sets it. */
function backgroundOf(environment: CommandContext['environment']): Background {
  const colour = /;(\d+)$/.exec(environment.COLORFGBG ?? '')?.[1];
  if (colour === undefined) return 'unknown';
  return colour === '7' || Number(colour) > 8 ? 'light' : 'dark';
}
