/** Whether one character matches an element of a pattern. */
type Takes = (character: string) => boolean;

/** `*`: any number of characters, possibly none. */
const ANY = null;

/** A parsed pattern. */
export interface Glob {
  readonly text: string;
  matches(name: string): boolean;
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  lower: /[a-z]/,
  punct: /[!-/:-@[-`{-~]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** Whether `text` contains a pattern character (glob(7)). */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/**
 * A pattern of fnmatch(3) with FNM_NOESCAPE, as systemd matches names: `*`, `?`, `[...]` with ranges and classes
 * (`[[:digit:]]`), `[!...]`; a backslash is literal. It must match the whole name. Undefined for an unclosed `[`, a
 * reversed range, or an unknown class.
 */
export function parseGlob(text: string): Glob | undefined {
  const parts: (Takes | typeof ANY)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '*') {
      if (parts.at(-1) !== ANY) parts.push(ANY);
    } else if (character === '?') parts.push(() => true);
    else if (character === '[') {
      const end = endOfBrackets(text, at);
      const takes = end === undefined ? undefined : parseBrackets(text.slice(at + 1, end));
      if (takes === undefined) return undefined;
      parts.push(takes);
      at = end!;
    } else parts.push((other) => other === character);
  }
  return { text, matches: (name) => matches(parts, name) };
}

/** Index of the `]` that closes the `[` at `start`: not the first character inside, nor that of a class. */
function endOfBrackets(text: string, start: number): number | undefined {
  let at = start + 1;
  if (text[at] === '!') at++;
  for (let first = true; at < text.length; first = false) {
    if (text[at] === ']' && !first) return at;
    const classEnd = text.startsWith('[:', at) ? text.indexOf(':]', at + 2) : -1;
    at = classEnd === -1 ? at + 1 : classEnd + 2;
  }
  return undefined;
}

function parseBrackets(inside: string): Takes | undefined {
  const isNot = inside.startsWith('!');
  const takes: Takes[] = [];
  for (let at = isNot ? 1 : 0; at < inside.length; at++) {
    const from = inside[at]!;
    const classEnd = inside.startsWith('[:', at) ? inside.indexOf(':]', at + 2) : -1;
    const to = inside[at + 2];
    if (classEnd !== -1) {
      const named = CLASSES[inside.slice(at + 2, classEnd)];
      if (named === undefined) return undefined;
      takes.push((other) => named.test(other));
      at = classEnd + 1;
    } else if (inside[at + 1] === '-' && to !== undefined) {
      if (to < from) return undefined;
      takes.push((other) => from <= other && other <= to);
      at += 2;
    } else takes.push((other) => other === from);
  }
  return (other) => takes.some((take) => take(other)) !== isNot;
}

/** Backtracks to the last `*` only, so the time is bounded by the product of both lengths. */
function matches(parts: readonly (Takes | typeof ANY)[], name: string): boolean {
  let part = 0;
  let at = 0;
  let lastAny = -1;
  let lastAt = 0;
  while (at < name.length) {
    const takes = parts[part];
    if (takes === ANY) {
      lastAny = part++;
      lastAt = at;
    } else if (takes?.(name[at]!)) {
      part++;
      at++;
    } else if (lastAny !== -1) {
      part = lastAny + 1;
      at = ++lastAt;
    } else return false;
  }
  while (parts[part] === ANY) part++;
  return part === parts.length;
}
