import { findSecretFields } from './secret-fields.ts';
import { findSecretFormats } from './secret-formats.ts';
import { isBareName, isHarmlessValue, isSecretName } from './secret-names.ts';
import { isShell, type SecretPlace, type SecretProgram, secretProgramOf } from './secret-programs.ts';
import { findUrlLogins } from './secret-urls.ts';

const SEPARATORS = ';|&()\n`';

const MASK = '***';
/** Maximum nesting of scripts in arguments of scripts (`sh -c "ssh host 'mysql …'"`). */
const DEEPEST = 4;

const OPTION = /^--?[A-Za-z][\w.-]*(?:=|$)/;
const NAMED_OPTION = /^--?([A-Za-z_][\w.-]*)$/;
const ASSIGNMENT = /^-{0,2}([A-Za-z_][\w.[\]-]*)=/;

/** Separators after a user name in login arguments. */
const LOGIN_SIGNS = { pair: ':', percent: '%', comma: ',', host: ':' } as const;

/** Masks a secret in a text. */
type Mask = (from: number, to: number) => void;

/** A part of a text: one argument, or one word of a script. */
interface Word {
  readonly from: number;
  readonly to: number;
  readonly isSeparator: boolean;
}

/**
 * A command line for display, with secrets masked that have a known name, position or format: values of options,
 * assignments, fields and headers with secret names; passwords in URLs, logins and connection strings; arguments of
 * known programs; tokens, keys and certificate keys by their format; also inside shell scripts. Secrets without a known
 * name or format are not detected: command lines are shown on request only. Linear in the length.
 */
export function scrubCommandLine(argv: readonly string[]): string {
  const words: Word[] = [];
  let length = 0;
  for (const argument of argv) {
    words.push({ from: length, to: length + argument.length, isSeparator: false });
    length += argument.length + 1;
  }
  return masked(argv.join(' '), words, false);
}

/** Masks the same secrets in a text that contains a command line as one string, such as the title of a process. */
export function scrubText(text: string): string {
  return masked(text, shellWords(text, 0, text.length), true);
}

function masked(text: string, words: readonly Word[], isOneText: boolean): string {
  const secrets: [from: number, to: number][] = [];
  const mask = (from: number, to: number) => {
    if (to > from) secrets.push([from, to]);
  };
  new Scrubber(text, mask).words(words, isOneText ? 1 : 0);
  if (secrets.length === 0) return text;
  secrets.sort(([a], [b]) => a - b);
  let shown = '';
  let at = 0;
  for (const [from, to] of secrets) {
    if (to <= at) continue;
    if (from >= at) shown += text.slice(at, from) + (from > at || at === 0 ? MASK : '');
    at = to;
  }
  return shown + text.slice(at);
}

/** Finds the secrets of one text. */
class Scrubber {
  readonly #text: string;
  readonly #mask: Mask;

  constructor(text: string, mask: Mask) {
    this.#text = text;
    this.#mask = mask;
  }

  /** Words of a command line (`depth` 0), or of a script inside it. */
  words(words: readonly Word[], depth: number): void {
    if (depth === 0) for (const { from, to } of words) this.#content(from, to, false);
    else if (depth === 1) this.#content(words[0]?.from ?? 0, words.at(-1)?.to ?? 0, true);
    const state = new CommandState();
    for (const word of words) this.#word(word, state, depth);
  }

  #word(word: Word, state: CommandState, depth: number): void {
    if (word.isSeparator) {
      state.begin();
      return;
    }
    const text = this.#text.slice(word.from, word.to);
    const { pending } = state;
    state.pending = null;
    const isExpected = pending !== null && (!pending.isQuoted || /^["']/.test(text));
    if (pending !== null && isExpected && !OPTION.test(text)) {
      this.#maskValue(word.from, text, pending, depth > 0);
      return;
    }
    if (text.startsWith('-') && text.length > 1) this.#option(word, text, state, depth > 0);
    else if (ASSIGNMENT.test(text) && !/\s/.test(text)) this.#assignment(word, text, depth > 0);
    else this.#operand(word, text, state);
    const isScript = state.takesScript(text) || depth > 0;
    if (/\s/.test(text)) {
      if (!isScript) this.#assignment(word, text, false);
      if (depth < DEEPEST) this.#script(word, text, depth);
    }
  }

  /** A word with white space: a script, quoted or not. */
  #script({ from, to }: Word, text: string, depth: number): void {
    const isQuoted = /^(["']).*\1$/s.test(text);
    const words = shellWords(this.#text, isQuoted ? from + 1 : from, isQuoted ? to - 1 : to);
    if (words.length < 2) return;
    if (depth === 0) this.words(words, 1);
    else this.words(words, depth + 1);
  }

  #option(word: Word, text: string, state: CommandState, isScript: boolean): void {
    const { program } = state;
    const place = program === undefined ? undefined : placeOf(program, text, state);
    if (place !== undefined) {
      if (place.at < text.length)
        this.#maskValue(word.from + place.at, text.slice(place.at), place, isScript);
      else if (place.kind !== 'attached') state.pending = { kind: place.kind, name: '' };
      return;
    }
    const name = NAMED_OPTION.exec(text)?.[1];
    if (name === undefined) this.#assignment(word, text, isScript);
    else if (isSecretName(name)) state.pending = { kind: 'value', name };
  }

  /** `name=value` to its end, with any characters in the value. */
  #assignment({ from, to }: Word, text: string, isScript: boolean): void {
    const found = ASSIGNMENT.exec(text);
    if (found === null || !isSecretName(found[1]!)) return;
    const value = text.slice(found[0].length);
    if (!isHarmlessValue(found[1]!, value, isScript)) this.#mask(from + found[0].length, to);
  }

  #operand(word: Word, text: string, state: CommandState): void {
    const lower = text.toLowerCase();
    const { program, sawLogin } = state;
    if (isBareName(text) || (lower === 'by' && state.isIdentified))
      state.pending = { kind: 'value', name: lower };
    else if (program?.words?.includes(lower)) state.pending = { kind: 'value', name: lower };
    // netrc(5): login … password ….
    else if (lower === 'password') state.pending = { kind: 'value', name: lower, isQuoted: !sawLogin };
    if (program?.hasSlashLogin) this.#slashLogin(word, text);
    if (program?.hasSlashOptions) this.#slashOption(word, text, program);
    state.take(text, lower);
  }

  /** `user/SECRET@where` of Oracle's programs. */
  #slashLogin({ from, to }: Word, text: string): void {
    const slash = text.indexOf('/');
    if (slash < 1) return;
    const at = text.lastIndexOf('@');
    this.#mask(from + slash + 1, at > slash ? from + at : to);
  }

  #slashOption({ from, to }: Word, text: string, { options }: SecretProgram): void {
    const [all = '', name = ''] = /^\/(\w+):/.exec(text) ?? [];
    if (Object.hasOwn(options, name)) this.#mask(from + all.length, to);
  }

  #maskValue(from: number, text: string, { kind, name }: Pending, isScript: boolean): void {
    if (kind === 'value' || kind === 'attached') {
      if (!isHarmlessValue(name, text, isScript)) this.#mask(from, from + text.length);
      return;
    }
    const sign = text.indexOf(LOGIN_SIGNS[kind]);
    const end = kind === 'host' ? loginEndBeforeHost(text) : text.length;
    if (sign === -1 || end <= sign) return;
    const value = text.slice(sign + 1, end).replace(/["']$/, '');
    // The user name may be a token.
    if (value === '') this.#mask(from, from + sign);
    else if (!isHarmlessValue('', value, isScript))
      this.#mask(from + sign + 1, from + sign + 1 + value.length);
  }

  /** Secrets with a known format or a name inside the text. */
  #content(from: number, to: number, isScript: boolean): void {
    const text = this.#text.slice(from, to);
    const mask = (start: number, end: number) => this.#mask(from + start, from + end);
    findSecretFormats(text, mask);
    findUrlLogins(text, mask);
    findSecretFields(text, isScript || /\s/.test(text), mask);
  }
}

interface Pending {
  readonly kind: SecretPlace;
  /** Name of the option; empty if the program alone determines it. */
  readonly name: string;
  /** Only a quoted word: PASSWORD '…' of SQL, but not a sentence. */
  readonly isQuoted?: boolean;
}

/** State of a command before its next word. */
class CommandState {
  program: SecretProgram | undefined;
  /** Meaning of the next word. */
  pending: Pending | null = null;
  /** The last words that are not options, in lower case, latest first. */
  #last: readonly string[] = [];
  /** Whether `login NAME` came before: `password SECRET` may follow (netrc(5)). */
  sawLogin = false;
  /** Words that options depend on. */
  readonly #seen = new Set<string>();
  #isShell = false;

  /** Starts a command. */
  begin(): void {
    this.program = undefined;
    this.pending = null;
    this.#last = [];
    this.#seen.clear();
    this.#isShell = false;
  }

  /** Handles a word that is not an option. */
  take(text: string, lower: string): void {
    const named = secretProgramOf(text);
    if (named !== undefined && (named.isOnlyFirst !== true || this.#last.length === 0)) this.program = named;
    if (isShell(text)) this.#isShell = true;
    if (lower === 'login') this.sawLogin = true;
    this.#last = [lower, ...this.#last.slice(0, 2)];
    if (lower.length < 16) this.#seen.add(lower);
  }

  /** Whether a word is a script of a shell or of `eval`. */
  takesScript(text: string): boolean {
    return (this.#isShell && !text.startsWith('-')) || this.#last[0] === 'eval';
  }

  /** Whether `BY` of SQL is next to a secret: `IDENTIFIED BY '…'`, `IDENTIFIED WITH caching_sha2_password BY '…'`. */
  get isIdentified(): boolean {
    const [last, before, third] = this.#last;
    return last === 'identified' || (before === 'with' && third === 'identified');
  }

  saw(words: readonly string[]): boolean {
    return words.some((word) => this.#seen.has(word));
  }
}

/** Position and kind of a secret in an option of a program; a position at its end means the next word. */
function placeOf(
  { options, after, hasGroups }: SecretProgram,
  text: string,
  state: CommandState,
): { readonly kind: SecretPlace; readonly at: number; readonly name: string } | undefined {
  if (after !== undefined && !state.saw(after)) return undefined;
  const long = /^--?([\w-]+)(=|$)/.exec(text);
  const name = long?.[1] ?? '';
  if ((text.startsWith('--') || name.length > 1) && Object.hasOwn(options, name) && long !== null)
    return { kind: options[name]!, at: long[0].length, name };
  if (text.startsWith('--')) return undefined;
  const first = text[1]!;
  if (Object.hasOwn(options, first)) return { kind: options[first]!, at: 2, name };
  // 7z -pSECRET, rar -hpSECRET.
  const attached = Object.keys(options).find(
    (option) => option.length > 1 && options[option] === 'attached' && text.startsWith(option, 1),
  );
  if (attached !== undefined) return { kind: 'attached', at: 1 + attached.length, name: attached };
  // Other single-letter options may come first: -sSu, -rP.
  const last = text.at(-1)!;
  if (!/^-[A-Za-z]+$/.test(text) || !Object.hasOwn(options, last)) return undefined;
  const kind = options[last]!;
  // Long options of some programs have one dash: -host.
  const most = kind === 'pair' ? 6 : kind === 'value' && hasGroups ? 6 : 0;
  return text.length <= most ? { kind, at: text.length, name } : undefined;
}

/** The end of the login in `user:SECRET@host`; -1 without one, and in a URL, which is masked as such. */
function loginEndBeforeHost(text: string): number {
  return text.includes('://') ? -1 : text.lastIndexOf('@');
}

/** A word of a script as written, quotes included. */
interface ShellWord {
  readonly from: number;
  readonly to: number;
  /** It ends a command: `;`, `|`, `&`, a bracket or the end of a line. */
  readonly isSeparator: boolean;
}

/**
 * The words of `text` from `from` to `to`, split like a shell does: at white space and operators outside of quotes. An
 * unclosed quote extends to the end. Linear.
 */
function shellWords(text: string, from: number, to: number): ShellWord[] {
  const words: ShellWord[] = [];
  let start = -1;
  let quote = '';
  for (let at = from; at < to; at++) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === '\\' && quote === '"') at++;
      else if (character === quote) quote = '';
      continue;
    }
    const isSeparator = SEPARATORS.includes(character);
    if (isSeparator || character === ' ' || character === '\t' || character === '\r') {
      if (start !== -1) words.push({ from: start, to: at, isSeparator: false });
      start = -1;
      if (isSeparator) words.push({ from: at, to: at + 1, isSeparator: true });
      continue;
    }
    if (start === -1) start = at;
    if (character === '"' || character === "'") quote = character;
    else if (character === '\\') at++;
  }
  if (start !== -1) words.push({ from: start, to, isSeparator: false });
  return words;
}
