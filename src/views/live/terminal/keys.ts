/** A key, named as in the help; a character is its own name. */
export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'tab';

/** An input from the terminal. */
export type Input =
  | { readonly kind: 'key'; readonly key: KeyName }
  | { readonly kind: 'text'; readonly text: string }
  /** With Ctrl: a lower-case letter. */
  | { readonly kind: 'control'; readonly letter: string }
  /** Text that was pasted, not typed. */
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'wheel'; readonly steps: number }
  /** A press of the left button; from 0. */
  | { readonly kind: 'click'; readonly row: number; readonly column: number }
  /** The background colour that the terminal reports; 0 to 1 each. */
  | {
      readonly kind: 'background';
      readonly red: number;
      readonly green: number;
      readonly blue: number;
    };

/** ECMA-48 and xterm: the final and the intermediate characters of these sequences. */
const SEQUENCE = /^\x1b\[([0-?]*)([ -/]*)([@-~])/;
const UNFINISHED_SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*|O)?$/;
/** An Escape, possibly followed by the first character of a sequence. */
const LONE_ESCAPE = /^\x1b[[\]O]?$/;
const FUNCTION_KEY = /^\x1bO([@-~])/;
const SYSTEM_COMMAND = /^\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)/;
const UNFINISHED_COMMAND = /^\x1b\][^\x07\x1b]*\x1b?$/;
const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';
const CTRL_C = '\x03';
/** Longer sequences are taken as keys. */
const LONGEST_UNFINISHED = 128;
/** In characters; the rest of a longer paste is dropped. */
const LONGEST_PASTE = 4096;

const BY_LETTER: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  M: 'enter',
};
const BY_NUMBER: Readonly<Record<string, KeyName>> = {
  1: 'home',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
};
const BY_CHARACTER: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'backspace',
};
const WHEEL_UP = 64;
const WHEEL_DOWN = 65;
const LEFT_BUTTON = 0;
/** Shift, Alt and Ctrl, added to the button. */
const MODIFIERS = 28;

/** Parses keys, mouse events and answers from the input of a terminal, in pieces of any size. */
export class InputReader {
  #pending = '';
  #decoder = new TextDecoder();
  /** The start of a paste whose end has not come yet; null otherwise. */
  #pasted: string | null = null;

  /** Whether an incomplete input is pending: a single Escape or the end of a paste, if nothing follows soon. */
  get waits(): boolean {
    return this.#pending !== '' || this.#pasted !== null;
  }

  /** Whether the pending input may be an Escape. Otherwise its end comes, possibly late over a slow connection. */
  get mayBeEscape(): boolean {
    return this.#pasted === null && LONE_ESCAPE.test(this.#pending);
  }

  read(bytes: Uint8Array): Input[] {
    this.#pending += this.#decoder.decode(bytes, { stream: true });
    const inputs: Input[] = [];
    while (this.#pending !== '') {
      const length = this.#next(inputs);
      if (length === 0) break;
      this.#pending = this.#pending.slice(length);
    }
    return inputs;
  }

  /** Nothing followed: the pending input is an Escape, followed by keys, or a paste without an end. */
  flush(): Input[] {
    const pending = this.#pending;
    const pasted = this.#pasted;
    this.#pending = '';
    this.#pasted = null;
    if (pasted !== null) return [{ kind: 'paste', text: pasted }];
    if (pending === '') return [];
    return pending === '\x1b' ? [{ kind: 'key', key: 'escape' }] : [];
  }

  /** Takes one input from `#pending`; returns its number of characters, 0 if it is incomplete. */
  #next(inputs: Input[]): number {
    const pending = this.#pending;
    // Ctrl+C alone is a key: the end of the paste may have been lost.
    if (pending === CTRL_C) this.#pasted = null;
    if (this.#pasted !== null) return this.#paste(inputs, this.#pasted);
    if (pending[0] !== '\x1b') return this.#character(inputs);
    if (pending.startsWith(PASTE_BEGIN)) {
      this.#pasted = '';
      return PASTE_BEGIN.length;
    }
    const command = SYSTEM_COMMAND.exec(pending);
    if (command !== null) {
      const background = backgroundOf(command[1]!);
      if (background !== undefined) inputs.push(background);
      return command[0].length;
    }
    const sequence = SEQUENCE.exec(pending);
    if (sequence !== null) {
      const input = inputOf(sequence[1]!, sequence[3]!);
      if (input !== undefined) inputs.push(input);
      return sequence[0].length;
    }
    const functionKey = FUNCTION_KEY.exec(pending);
    if (functionKey !== null) {
      const key = BY_LETTER[functionKey[1]!];
      if (key !== undefined) inputs.push({ kind: 'key', key });
      return functionKey[0].length;
    }
    const isUnfinished = UNFINISHED_SEQUENCE.test(pending) || UNFINISHED_COMMAND.test(pending);
    if (isUnfinished && pending.length < LONGEST_UNFINISHED) return 0;
    inputs.push({ kind: 'key', key: 'escape' });
    return 1;
  }

  #character(inputs: Input[]): number {
    const character = String.fromCodePoint(this.#pending.codePointAt(0)!);
    const key = BY_CHARACTER[character];
    const code = character.charCodeAt(0);
    if (key !== undefined) inputs.push({ kind: 'key', key });
    else if (code >= 1 && code <= 26)
      inputs.push({ kind: 'control', letter: String.fromCharCode(code + 96) });
    else if (code >= 32) inputs.push({ kind: 'text', text: character });
    return character.length;
  }

  /** Text of a paste is never taken for keys, however long it is and in whatever pieces it comes. */
  #paste(inputs: Input[], before: string): number {
    const end = this.#pending.indexOf(PASTE_END);
    // The end may be in two pieces.
    const length = end >= 0 ? end : this.#pending.length - startAtEnd(this.#pending, PASTE_END);
    const text = (before + this.#pending.slice(0, length)).slice(0, LONGEST_PASTE);
    this.#pasted = end >= 0 ? null : text;
    if (end < 0) return length;
    inputs.push({ kind: 'paste', text });
    return end + PASTE_END.length;
  }
}

/** Number of characters at the end of `text` that are the start of `sequence`. */
function startAtEnd(text: string, sequence: string): number {
  let length = Math.min(text.length, sequence.length - 1);
  while (!text.endsWith(sequence.slice(0, length))) length--;
  return length;
}

function inputOf(parameters: string, final: string): Input | undefined {
  if (parameters.startsWith('<')) return mouseInputOf(parameters.slice(1), final);
  const key = final === '~' ? BY_NUMBER[parameters.split(';')[0]!] : BY_LETTER[final];
  return key === undefined ? undefined : { kind: 'key', key };
}

/** xterm's SGR mouse reports: `BUTTON;COLUMN;ROW`, `M` for a press. */
function mouseInputOf(report: string, final: string): Input | undefined {
  const [button = Number.NaN, column = Number.NaN, row = Number.NaN] = report.split(';').map(Number);
  if (final !== 'M' || Number.isNaN(row)) return undefined;
  switch (button & ~MODIFIERS) {
    case WHEEL_UP:
      return { kind: 'wheel', steps: -1 };
    case WHEEL_DOWN:
      return { kind: 'wheel', steps: 1 };
    case LEFT_BUTTON:
      return { kind: 'click', row: row - 1, column: column - 1 };
    default:
      return undefined;
  }
}

/** xterm's answer to OSC 11: `11;rgb:RRRR/GGGG/BBBB`, one to four digits each. */
function backgroundOf(command: string): Input | undefined {
  const match = /^11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(command);
  if (match === null) return undefined;
  const [red = 0, green = 0, blue = 0] = match
    .slice(1)
    .map((digits) => Number.parseInt(digits, 16) / (16 ** digits.length - 1));
  return { kind: 'background', red, green, blue };
}
