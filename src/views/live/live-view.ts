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

/** What the view is drawn on. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Shows a grid of that size. */
  show(grid: Grid): void;
  /** What the terminal shows is not known any more: the next grid is written in full. */
  forget(): void;
}

/** What happens around the view. */
export interface LiveViewOptions {
  /** Someone wants it to end. */
  onQuit(): void;
  /** Someone wants to go back to the shell for a while. */
  onSuspend(): void;
  /** What the source of the frames says of itself; nothing if not given. */
  source?(): SourceText;
  /** Takes a key before the view does, and says whether it did: pause, step and seek of a recording. */
  takesInput?(input: Input): boolean;
  /** Frames before the newest one that `display` may be asked for; 0 if not given. */
  readonly lookBack?: number;
}

/** Lines of the log that are kept. */
const MOST_LINES = 500;

/** One frame, and what came before it. */
export interface Moment {
  readonly frame: LiveFrame;
  /** All its units together. */
  readonly whole: LiveUnit;
  readonly exits: Exits;
  /** They may go on after it. */
  readonly histories: Histories;
}

/**
 * The live view: frames, keys and lines of the log go in, screens come out. It reads nothing and knows no time of its own;
 * `model/frame.ts` says how to feed it.
 */
export class LiveView {
  readonly #screen: Screen;
  readonly #options: LiveViewOptions;
  #histories: Histories;
  #exits = Exits.none;
  #state: ViewState = FIRST_STATE;
  #newest: Moment | undefined;
  /** What is shown in place of the newest: it is paused, or another was asked for. */
  #held: Moment | undefined;
  #viewport: Viewport | undefined;
  #ranks = new Ranks();
  readonly #log: LoggedLine[] = [];

  constructor(screen: Screen, options: LiveViewOptions) {
    this.#screen = screen;
    this.#options = options;
    this.#histories = new Histories(options.lookBack);
  }

  /** Takes the next frame, and draws it. */
  show(frame: LiveFrame): void {
    this.add(frame);
    this.draw();
  }

  /** Takes the next frame, and draws nothing: it becomes part of the history. */
  add(frame: LiveFrame): Moment {
    const whole = wholeOf(frame.units);
    for (const line of this.#log) line.atSeconds ??= frame.atSeconds;
    this.#exits = this.#exits.after(frame);
    this.#histories.take(frame, whole);
    this.#newest = { frame, whole, exits: this.#exits, histories: this.#histories };
    return this.#newest;
  }

  /** Draws a frame that was added, in place of the newest, from now on. */
  display(moment: Moment): void {
    this.#held = moment;
    this.draw();
  }

  /** Frames of another time follow. What is displayed stays until another is. */
  reset(): void {
    this.#histories = new Histories(this.#options.lookBack);
    this.#exits = Exits.none;
    this.#ranks = new Ranks();
    this.#newest = undefined;
    for (const line of this.#log) line.atSeconds = Number.NEGATIVE_INFINITY;
  }

  /** Takes what was typed, and draws what it changed. */
  take(inputs: readonly Input[]): void {
    let isChanged = false;
    for (const input of inputs) {
      // What is typed for the filter is text.
      if (this.#state.draft === null && this.#options.takesInput?.(input)) continue;
      // Nothing is there yet that keys could be about, but to leave it.
      const viewport = this.#viewport ?? NOTHING_IN_SIGHT;
      const { state, effect } = press(this.#state, input, viewport);
      this.#changeTo(state);
      isChanged = true;
      if (effect === 'quit') this.#options.onQuit();
      else if (effect === 'suspend') this.#options.onSuspend();
      else if (effect === 'repaint') this.#screen.forget();
      // What is selected next depends on where the rows stand now.
      if (inputs.length > 1) this.#compose();
    }
    if (isChanged) this.draw();
  }

  /** Takes a line of the log; it is drawn with what comes next. */
  addLine({ text, style }: LogLine): void {
    this.#log.push({ text, style, atSeconds: this.#newest?.frame.atSeconds });
    if (this.#log.length > MOST_LINES) this.#log.splice(0, this.#log.length - MOST_LINES);
  }

  /** Draws what there is; nothing before the first frame. */
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
