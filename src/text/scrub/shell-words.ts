/** A word of a script as it stands there, its quotes included. */
export interface ShellWord {
  readonly from: number;
  readonly to: number;
  /** It ends a command: `;`, `|`, `&`, a bracket or the end of a line. */
  readonly isSeparator: boolean;
}

const SEPARATORS = ';|&()\n`';

/**
 * The words of `text` from `from` to `to` as a shell divides them: at white space and operators outside of quotes. A quote that is
 * not closed goes to the end. Every character is looked at once.
 */
export function shellWords(text: string, from: number, to: number): ShellWord[] {
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
