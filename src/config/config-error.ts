import { escapeOf, printable } from '../text/printable.ts';

const SHOWN_CHARACTERS = 80;

/** `text` on one line, harmless to a terminal, and cut where it is long. For messages. */
export function shown(text: string): string {
  return printable(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

/** Bad input from the command line, the environment or a configuration file. `message` is one printable sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** What the program exits with. */
  readonly exitCode = 2;
  /** The option's flag (`--interval`), or the file or environment variable where no option stands for it. */
  readonly option: string;
  /** The offending text as given; hostile. undefined where a value is missing. */
  readonly value: string | undefined;
  /** What would have been accepted, in words; undefined where nothing would. */
  readonly accepted: string | undefined;
  /** The character of `value` where it goes wrong; undefined where it is wrong as a whole. */
  readonly at: number | undefined;

  constructor(
    message: string,
    about: {
      readonly option: string;
      readonly value?: string | undefined;
      readonly accepted?: string | undefined;
      readonly at?: number | undefined;
    },
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.option = about.option;
    this.value = about.value;
    this.accepted = about.accepted;
    this.at = about.at;
  }

  /** For below the message: the value with a caret under where it goes wrong, two lines; undefined where it does not say. */
  get picture(): string | undefined {
    const { value, at } = this;
    if (value === undefined || at === undefined) return undefined;
    const start = Math.max(0, at - SHOWN_CHARACTERS / 2);
    // Each character as wide as it looks: what is not ASCII stands as an escape.
    const before = ascii(value.slice(start, at));
    const after = ascii(value.slice(at, start + SHOWN_CHARACTERS));
    const cut = start > 0 ? '…' : '';
    return `  ${cut}${before}${after}\n  ${' '.repeat(cut.length + before.length)}^`;
  }
}

function ascii(text: string): string {
  return printable(text).replaceAll(/[^\x20-\x7e]/gu, escapeOf);
}
