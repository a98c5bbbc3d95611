import { LOG_LEVELS, type LogLevel } from '../../config/config.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import type { LogLine } from '../../views/live/draw/log-pane.ts';

/** Number of last lines that are kept until the terminal is restored. */
const MOST_HELD = 2000;
/** In characters; the rest of a longer line of a command is dropped. */
const LONGEST_LINE = 2000;

type Severity = 'error' | 'warn' | 'info' | 'debug';

/** Output that was meant for the terminal. */
type Held =
  | { readonly kind: 'said'; readonly severity: Severity; readonly fields: object; readonly message: string }
  | { readonly kind: 'written'; readonly text: string };

/**
 * Holds output that would disturb a view on the terminal. While the view is open, log lines and other output go to its pane,
 * and those meant for the terminal are written after the view has closed.
 */
export class HeldLog {
  readonly log: Log;
  readonly #log: Log;
  readonly #level: number;
  /** Whether the log is written to the terminal; otherwise it can be written at once. */
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #held: Held[] = [];
  #dropped = 0;
  #pane: ((line: LogLine) => void) | undefined;
  #isOver = false;

  /** `write` writes to the destination of the log. */
  constructor(log: Log, level: LogLevel, isTerminal: boolean, write: (text: string) => void) {
    this.#log = log;
    this.#level = LOG_LEVELS.indexOf(level);
    this.#isTerminal = isTerminal;
    this.#write = write;
    const take = (severity: Severity) => (fields: object, message: string) =>
      this.#say(severity, fields, message);
    this.log = { error: take('error'), warn: take('warn'), info: take('info'), debug: take('debug') };
  }

  /** Shows lines in a pane from now on, held lines first. */
  showIn(pane: (line: LogLine) => void): void {
    this.#pane = pane;
    for (const held of this.#held) {
      if (held.kind === 'said') this.#show(held.severity, held.message);
      else this.#pane({ text: printable(held.text), style: 'quiet' });
    }
  }

  /** Takes a line of hostile text, without its newline. */
  takeLine(text: string, isTerminal = this.#isTerminal): void {
    const line = text.slice(0, LONGEST_LINE);
    if (isTerminal && !this.#isOver) this.#hold({ kind: 'written', text: line });
    else this.#write(`${text}\n`);
    if (!this.#isOver) this.#pane?.({ text: printable(line), style: 'quiet' });
  }

  /** The view has closed: writes the held lines, and later lines at once. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const held = this.#held;
    this.#held = [];
    if (this.#dropped > 0) this.#log.info({}, `${this.#dropped} earlier log lines were dropped`);
    for (const each of held) {
      if (each.kind === 'said') this.#log[each.severity](each.fields, each.message);
      else this.#write(`${each.text}\n`);
    }
  }

  #say(severity: Severity, fields: object, message: string): void {
    if (this.#isOver || !this.#isTerminal) this.#log[severity](fields, message);
    else this.#hold({ kind: 'said', severity, fields, message });
    if (!this.#isOver) this.#show(severity, message);
  }

  #show(severity: Severity, message: string): void {
    if (LOG_LEVELS.indexOf(severity) > this.#level) return;
    const mark = { error: 'error: ', warn: 'warning: ', info: '', debug: 'debug: ' }[severity];
    const style = severity === 'error' ? 'bad' : severity === 'warn' ? 'warn' : 'quiet';
    this.#pane?.({ text: `${mark}${message.replaceAll(/\p{Cc}/gu, ' ')}`, style });
  }

  #hold(held: Held): void {
    this.#held.push(held);
    if (this.#held.length <= MOST_HELD) return;
    this.#dropped += this.#held.length - MOST_HELD;
    this.#held.splice(0, this.#held.length - MOST_HELD);
  }
}
