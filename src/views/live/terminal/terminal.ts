import type { Clock } from '../../../host/clock.ts';
import type { Grid } from './grid.ts';
import { type Input, InputReader } from './keys.ts';
import { paint } from './paint.ts';
import { type Background, type ColourDepth, paletteOf } from './palette.ts';

/** Source of keys: standard input, if it is a terminal. */
export interface TerminalInput {
  setRawMode(raw: boolean): unknown;
  on(event: 'data', take: (bytes: Uint8Array) => void): unknown;
  on(event: 'end' | 'error', take: () => void): unknown;
  off(event: 'data', take: (bytes: Uint8Array) => void): unknown;
  off(event: 'end' | 'error', take: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** Destination of the screen. */
export interface TerminalOutput {
  readonly columns: number;
  readonly rows: number;
  /** Writes as much as the terminal accepts now, and returns the number of bytes. Does not block if possible. */
  write(bytes: Uint8Array): number;
  on(event: 'resize', take: () => void): unknown;
  off(event: 'resize', take: () => void): unknown;
}

export interface TerminalOptions {
  readonly clock: Clock;
  readonly depth: ColourDepth;
  readonly background: Background;
  onInput(inputs: readonly Input[]): void;
  /** The size has changed, or the terminal has reported a property: redraw. */
  onChange(): void;
  /** The terminal is gone. */
  onGone(): void;
}

const ESC = '\x1b';
/**
 * Alternate screen, no cursor, no wrapping at the right edge, mouse wheel and clicks with decimal positions, bracketed
 * paste (xterm's private modes).
 */
const ENTER = `${[1049, 1000, 1006, 2004].map((mode) => `${ESC}[?${mode}h`).join('')}${ESC}[?25l${ESC}[?7l`;
/** Resets all of these, last first, after ending an incomplete sequence. */
const LEAVE =
  `\x18${ESC}[0m${ESC}[?2026l${ESC}[?7h${ESC}[?25h` +
  [2004, 1006, 1000, 1049].map((mode) => `${ESC}[?${mode}l`).join('');
/** Query of the background colour (xterm, OSC 11). */
const ASK_BACKGROUND = `${ESC}]11;?${ESC}\\`;

/** Time without further input after which an Escape is a key. */
const ESCAPE_SECONDS = 0.05;
/** Time without further input after which a sequence or a paste without an end is over. */
const SEQUENCE_SECONDS = 2;
/** First and maximum pause before writing again to a terminal that accepts nothing; each pause is twice the previous one. */
const RETRY_SECONDS = 0.02;
const MOST_RETRY_SECONDS = 1;
/** Time without accepted output after which a terminal counts as gone. Ctrl+S does not stop output in raw mode. */
const GONE_SECONDS = 30;
/**
 * Query whether the terminal exists (ECMA-48, Device Status Report, answered by ESC [ 0 n). When the client of `kubectl exec` ends,
 * containerd keeps the terminal open and continues to read it: neither a signal nor an error follows, only the answer is missing.
 */
const ASK_STATUS = `${ESC}[5n`;
const STATUS = `${ESC}[0n`;
const ASK_STATUS_SECONDS = 10;
/** Number of unanswered queries after which a terminal that used to answer counts as gone. */
const MOST_UNANSWERED = 3;
/** Number of tries, and pause between them, for the last output to a terminal that accepts nothing. */
const LEAVE_TRIES = 20;
const LEAVE_TRY_MILLIS = 10;
/** A background lighter than this counts as light. */
const LIGHT = 0.5;
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
/** Never notified: used to sleep with a timeout. */
const SLEEP = new Int32Array(new SharedArrayBuffer(4));
const FALLBACK_COLUMNS = 80;
const FALLBACK_ROWS = 24;

/** Takes over, draws and restores the terminal. */
export class Terminal {
  readonly #input: TerminalInput;
  readonly #output: TerminalOutput;
  readonly #options: TerminalOptions;
  readonly #reader = new InputReader();
  #palette: readonly string[];
  #isHeld = false;
  /** Content of the terminal; null if unknown. */
  #shown: Grid | null = null;
  /** Output that it has not accepted yet. */
  #pending: Uint8Array = NOTHING;
  /** The newest grid that is not written yet. */
  #waiting: Grid | null = null;
  #cancelRetry: (() => void) | undefined;
  #retrySeconds = RETRY_SECONDS;
  /** Time since which it accepts nothing; null while it accepts output. */
  #stalledAtSeconds: number | null = null;
  #cancelAsk: (() => void) | undefined;
  #answersStatus = false;
  #unanswered = 0;
  #cancelEscape: (() => void) | undefined;

  constructor(input: TerminalInput, output: TerminalOutput, options: TerminalOptions) {
    this.#input = input;
    this.#output = output;
    this.#options = options;
    this.#palette = paletteOf(options.depth, options.background);
  }

  get columns(): number {
    return this.#output.columns || FALLBACK_COLUMNS;
  }

  get rows(): number {
    return this.#output.rows || FALLBACK_ROWS;
  }

  /** Takes the terminal over. */
  enter(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#shown = null;
    this.#input.setRawMode(true);
    this.#input.on('data', this.#onData);
    this.#input.on('end', this.#options.onGone);
    this.#input.on('error', this.#options.onGone);
    this.#input.resume();
    this.#output.on('resize', this.#onResize);
    const { depth, background } = this.#options;
    const asks = background === 'unknown' && depth !== 'none';
    this.#write(ENTER + (asks ? ASK_BACKGROUND : ''));
    this.#unanswered = 0;
    this.#askLater();
  }

  #askLater(): void {
    this.#cancelAsk = this.#options.clock.after(ASK_STATUS_SECONDS, () => {
      if (this.#answersStatus && this.#unanswered >= MOST_UNANSWERED) {
        this.#lose();
        return;
      }
      // A terminal that accepts nothing is detected in another way.
      if (this.#pending.length === 0) {
        this.#unanswered++;
        this.#write(ASK_STATUS);
      }
      this.#askLater();
    });
  }

  /** Restores the terminal. May be called at any time, also twice. */
  leave(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#cancelAsk?.();
    this.#cancelRetry?.();
    this.#cancelEscape?.();
    this.#cancelRetry = undefined;
    this.#cancelEscape = undefined;
    this.#pending = NOTHING;
    this.#waiting = null;
    this.#shown = null;
    this.#input.off('data', this.#onData);
    this.#input.off('end', this.#options.onGone);
    this.#input.off('error', this.#options.onGone);
    this.#output.off('resize', this.#onResize);
    this.#input.pause();
    this.#writeAtLast(LEAVE);
    try {
      this.#input.setRawMode(false);
    } catch {
      // The terminal itself is gone.
    }
  }

  /** Shows a grid by writing the differences. A slow terminal gets only the newest grid. */
  show(grid: Grid): void {
    if (!this.#isHeld) return;
    if (this.#pending.length > 0) {
      this.#waiting = grid;
      return;
    }
    const changes = paint(this.#shown, grid, this.#palette);
    this.#shown = grid;
    if (changes !== '') this.#write(changes);
  }

  /** The content of the terminal is unknown from now on. */
  forget(): void {
    this.#shown = null;
  }

  readonly #onData = (bytes: Uint8Array): void => {
    this.#unanswered = 0;
    if (Buffer.from(bytes).includes(STATUS)) this.#answersStatus = true;
    this.#cancelEscape?.();
    this.#cancelEscape = undefined;
    this.#hand(this.#reader.read(bytes));
    if (!this.#reader.waits || !this.#isHeld) return;
    const seconds = this.#reader.mayBeEscape ? ESCAPE_SECONDS : SEQUENCE_SECONDS;
    this.#cancelEscape = this.#options.clock.after(seconds, () => this.#hand(this.#reader.flush()));
  };

  readonly #onResize = (): void => {
    this.#shown = null;
    this.#options.onChange();
  };

  #hand(inputs: readonly Input[]): void {
    const background = inputs.find(({ kind }) => kind === 'background');
    if (background?.kind === 'background') this.#learn(background);
    const rest = inputs.filter(({ kind }) => kind !== 'background');
    if (rest.length > 0) this.#options.onInput(rest);
  }

  #learn({ red, green, blue }: { red: number; green: number; blue: number }): void {
    const lightness = 0.299 * red + 0.587 * green + 0.114 * blue;
    this.#palette = paletteOf(this.#options.depth, lightness > LIGHT ? 'light' : 'dark');
    this.#shown = null;
    this.#options.onChange();
  }

  #write(text: string): void {
    const bytes = encoder.encode(text);
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#flush();
  }

  #flush(): void {
    try {
      const taken = this.#output.write(this.#pending);
      this.#pending = this.#pending.subarray(taken);
      this.#noteTaken(taken);
    } catch {
      // A terminal that refuses everything does not recover.
      this.#lose();
      return;
    }
    if (this.#pending.length === 0) return;
    const { clock } = this.#options;
    if (
      this.#stalledAtSeconds !== null &&
      clock.monotonicSeconds() - this.#stalledAtSeconds >= GONE_SECONDS
    ) {
      this.#lose();
      return;
    }
    this.#cancelRetry = clock.after(this.#retrySeconds, () => this.#retry());
  }

  #noteTaken(bytes: number): void {
    if (bytes > 0) {
      this.#retrySeconds = RETRY_SECONDS;
      this.#stalledAtSeconds = null;
    } else {
      this.#retrySeconds = Math.min(2 * this.#retrySeconds, MOST_RETRY_SECONDS);
      this.#stalledAtSeconds ??= this.#options.clock.monotonicSeconds();
    }
  }

  #lose(): void {
    this.#cancelAsk?.();
    this.#cancelAsk = undefined;
    this.#pending = NOTHING;
    this.#waiting = null;
    this.#options.onGone();
  }

  #retry(): void {
    this.#cancelRetry = undefined;
    this.#flush();
    if (this.#pending.length > 0 || this.#waiting === null) return;
    const grid = this.#waiting;
    this.#waiting = null;
    this.show(grid);
  }

  /** The final output must be written: waits for it, up to a limit. */
  #writeAtLast(text: string): void {
    let left: Uint8Array = encoder.encode(text);
    try {
      for (let attempt = 0; left.length > 0 && attempt < LEAVE_TRIES; attempt++) {
        left = left.subarray(this.#output.write(left));
        if (left.length > 0) Atomics.wait(SLEEP, 0, 0, LEAVE_TRY_MILLIS);
      }
    } catch {
      // As above.
    }
  }
}
