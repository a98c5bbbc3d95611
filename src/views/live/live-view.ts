import type { LoggedLine, LogLine } from './draw/log-pane.ts';
import { drawScreen } from './draw/screen.ts';
import { NO_TEXT, type SourceText } from './draw/source-text.ts';
import type { LiveFrame, LiveUnit } from './model/frame.ts';
import { Histories } from './model/histories.ts';
import { wholeOf } from './model/whole-run.ts';
import { Exits } from './state/exits.ts';
import { press, type Viewport } from './state/press.ts';
import { Ranks } from './state/ranks.ts';
import { MOST_UNFOLDED, rowsOf } from './state/rows.ts';
import { FIRST_STATE, type ViewState } from './state/view-state.ts';
import type { Grid } from './terminal/grid.ts';
import type { Input } from './terminal/keys.ts';

/** The screen on which the view is drawn. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Shows a grid of that size. */
  show(grid: Grid): void;
  /** The content of the terminal is unknown: the next grid is written in full. */
  forget(): void;
}

/** Callbacks and inputs of the view. */
export interface LiveViewOptions {
  /** A key requests the end. */
  onQuit(): void;
  /** A key requests to suspend the program. */
  onSuspend(): void;
  /** Status of the source of the frames; empty if not given. */
  source?(): SourceText;
  /** Handles a key before the view and returns whether it did: pause, step and seek in a recording. */
  takesInput?(input: Input): boolean;
  /** Number of frames before the newest one that `display` may show; 0 if not given. */
  readonly lookBack?: number;
}

/** Number of log lines that are kept. */
const MOST_LINES = 500;

/** One frame, with the state before it. */
export interface Moment {
  readonly frame: LiveFrame;
  /** All its units together. */
  readonly whole: LiveUnit;
  readonly exits: Exits;
  /** Histories, which may continue after this frame. */
  readonly histories: Histories;
}

/**
 * The live view: input is frames, keys and log lines, output is screens. It reads no files and no clock;
 * `model/frame.ts` describes how to feed it.
 */
export class LiveView {
  readonly #screen: Screen;
  readonly #options: LiveViewOptions;
  #histories: Histories;
  #exits = Exits.none;
  #state: ViewState = FIRST_STATE;
  #newest: Moment | undefined;
  /** The frame that is shown instead of the newest, during a pause or on request. */
  #held: Moment | undefined;
  #viewport: Viewport | undefined;
  #ranks = new Ranks();
  readonly #log: LoggedLine[] = [];

  constructor(screen: Screen, options: LiveViewOptions) {
    this.#screen = screen;
    this.#options = options;
    this.#histories = new Histories(options.lookBack);
  }

  /** Adds the next frame and draws it. */
  show(frame: LiveFrame): void {
    this.add(frame);
    this.draw();
  }

  /** Adds the next frame to the history without drawing it. */
  add(frame: LiveFrame): Moment {
    const whole = wholeOf(frame.units);
    for (const line of this.#log) line.atSeconds ??= frame.atSeconds;
    this.#exits = this.#exits.after(frame);
    this.#histories.take(frame, whole);
    this.#newest = { frame, whole, exits: this.#exits, histories: this.#histories };
    return this.#newest;
  }

  /** Draws an added frame instead of the newest, from now on. */
  display(moment: Moment): void {
    this.#held = moment;
    this.draw();
  }

  /** Frames of another time follow. The screen stays until another frame is displayed. */
  reset(): void {
    this.#histories = new Histories(this.#options.lookBack);
    this.#exits = Exits.none;
    this.#ranks = new Ranks();
    this.#newest = undefined;
    for (const line of this.#log) line.atSeconds = Number.NEGATIVE_INFINITY;
  }

  /** Handles an input, and draws the change. */
  take(inputs: readonly Input[]): void {
    let isChanged = false;
    for (const input of inputs) {
      // While the filter is typed, keys are text.
      if (this.#state.draft === null && this.#options.takesInput?.(input)) continue;
      // Before the first frame, only the key to quit has a meaning.
      const viewport = this.#viewport ?? NOTHING_IN_SIGHT;
      const { state, effect } = press(this.#state, input, viewport);
      this.#changeTo(state);
      isChanged = true;
      if (effect === 'quit') this.#options.onQuit();
      else if (effect === 'suspend') this.#options.onSuspend();
      else if (effect === 'repaint') this.#screen.forget();
      // The next selection depends on the current rows.
      if (inputs.length > 1) this.#compose();
    }
    if (isChanged) this.draw();
  }

  /** Adds a log line, which is drawn with the next screen. */
  addLine({ text, style }: LogLine): void {
    this.#log.push({ text, style, atSeconds: this.#newest?.frame.atSeconds });
    if (this.#log.length > MOST_LINES) this.#log.splice(0, this.#log.length - MOST_LINES);
  }

  /** Draws the screen; nothing before the first frame. */
  draw(): void {
    const grid = this.#compose();
    if (grid !== undefined) this.#screen.show(grid);
  }

  #compose(): Grid | undefined {
    const shown = this.#held ?? this.#newest;
    if (shown === undefined) return undefined;
    this.#ranks.take(shown.frame, this.#state);
    if (this.#state.foldsUnits === null && shown.frame.units.length > MOST_UNFOLDED)
      this.#state = { ...this.#state, foldsUnits: true };
    const isTable = this.#state.page.kind === 'table';
    const tableRows = isTable ? rowsOf(shown.frame, this.#state, shown.exits, this.#ranks) : [];
    const { grid, viewport, state } = drawScreen({
      columns: this.#screen.columns,
      rows: this.#screen.rows,
      ...shown,
      state: this.#state,
      tableRows,
      log: this.#log,
      nowSeconds: (this.#newest ?? shown).frame.atSeconds,
      source: this.#options.source?.() ?? NO_TEXT,
    });
    this.#viewport = viewport;
    this.#state = state;
    return grid;
  }

  #changeTo(state: ViewState): void {
    if (state.isPaused !== this.#state.isPaused) {
      this.#held = state.isPaused ? this.#newest : undefined;
      for (const process of this.#held?.frame.processes ?? []) process.settle();
    }
    this.#state = state;
  }
}

const NOTHING_IN_SIGHT: Viewport = {
  rows: [],
  room: 1,
  firstLine: 1,
  sortKeyAt: () => undefined,
  hasCommands: false,
  showsCommands: false,
  hasSubCgroups: false,
};
