import { printable } from '../text/printable.ts';

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

  constructor(
    message: string,
    about: {
      readonly option: string;
      readonly value?: string | undefined;
      readonly accepted?: string | undefined;
    },
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.option = about.option;
    this.value = about.value;
    this.accepted = about.accepted;
  }
}
