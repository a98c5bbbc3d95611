/** Characters that end a URL in a text. */
const END = /[\s"'`<>]/g;
/** User names without a password that are not secret. */
const PLAIN_USERS = new Set([
  'git',
  'hg',
  'root',
  'admin',
  'user',
  'anonymous',
  'www-data',
  'ubuntu',
  'ec2-user',
  'deploy',
]);
const SCHEME_CHARACTER = /[A-Za-z0-9+.-]/;

/** A URL (possibly malformed) for a message: `http://***@host`. */
export function withoutPassword(url: string): string {
  return url.replace(/^([^/]*\/\/)?.*@/, '$1***@');
}

/**
 * Calls `mask` with the range of the password in each URL of `text` (`scheme://user:SECRET@host`), and of a token alone
 * (`https://TOKEN@host`). Linear: each character is read once.
 */
export function findUrlLogins(text: string, mask: (from: number, to: number) => void): void {
  let at = text.indexOf('://');
  /** End of the word at `at`, found once for all URLs in it. */
  let wordEnd = -1;
  while (at !== -1) {
    const from = at + 3;
    if (wordEnd < from) {
      END.lastIndex = from;
      wordEnd = END.exec(text)?.index ?? text.length;
    }
    const next = text.indexOf('://', from);
    // Several URLs in a row: proxies, lists.
    const login = loginEnd(text, from, next === -1 ? wordEnd : Math.min(next, wordEnd));
    if (login !== -1) maskLogin(text, at, from, login, mask);
    at = next;
  }
}

/** Index of the `@` after a login; -1 if there is none. */
function loginEnd(text: string, from: number, end: number): number {
  const rest = text.slice(from, end);
  const slash = rest.search(/[/?#]/);
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const at = authority.lastIndexOf('@');
  if (at !== -1) return from + at;
  // A password may contain a slash, although that is invalid: the text after the colon is not a port then.
  if (slash === -1 || !/^[^:]*:[^@]*$/.test(authority) || /^(?:[^:]*|\[[^\]]*\]):[0-9]*$/.test(authority))
    return -1;
  const far = rest.lastIndexOf('@');
  return far === -1 ? -1 : from + far;
}

function maskLogin(
  text: string,
  scheme: number,
  from: number,
  to: number,
  mask: (from: number, to: number) => void,
): void {
  const login = text.slice(from, to);
  const colon = login.indexOf(':');
  const password = colon === -1 ? '' : login.slice(colon + 1);
  if (password !== '') mask(from + colon + 1, to);
  const user = colon === -1 ? login : login.slice(0, colon);
  if (PLAIN_USERS.has(user) || user === '') return;
  if (/^\$/.test(user)) return;
  const isWeb = /^(?:https?|wss?)$/i.test(schemeBefore(text, scheme));
  // A token alone, with an empty password, or with a word that marks it as a token.
  if (isWeb && (password === '' || /^x-oauth-basic$|^x$/i.test(password))) mask(from, from + user.length);
}

function schemeBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && end - start < 16 && SCHEME_CHARACTER.test(text[start - 1]!)) start--;
  return text.slice(start, end).replace(/^.*\+/, '');
}
