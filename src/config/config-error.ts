import { escapeOf, printable } from '../text/printable.ts';

const SHOWN_CHARACTERS = 80;

/** `text` on one line, escaped for terminals, and truncated. For messages. */
export function shown(text: string): string {
  return printable(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

/** Bad input from the command line, the environment or a configuration file. `message` is one printable sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Exit code of the program. */
  readonly exitCode = 2;
  /** The option's flag (`--interval`), or the file or environment variable if it belongs to no option. */
  readonly option: string;
  /** The offending text, unchanged; hostile. Undefined if a value is missing. */
  readonly value: string | undefined;
  /** Accepted values in words; undefined if there are none. */
  readonly accepted: string | undefined;
  /** Index of the offending character of `value`; undefined if the whole value is wrong. */
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

  /**
   * Two lines to print below the message: the value, and a caret under the offending character; undefined without an
   * index.
   */
  get picture(): string | undefined {
    const { value, at } = this;
    if (value === undefined || at === undefined) return undefined;
    const start = Math.max(0, at - SHOWN_CHARACTERS / 2);
    // Escapes are as wide as they look.
    const before = ascii(value.slice(start, at));
    const after = ascii(value.slice(at, start + SHOWN_CHARACTERS));
    const cut = start > 0 ? '…' : '';
    return `  ${cut}${before}${after}\n  ${' '.repeat(cut.length + before.length)}^`;
  }
}

function ascii(text: string): string {
  return printable(text).replaceAll(/[^\x20-\x7e]/gu, escapeOf);
}
