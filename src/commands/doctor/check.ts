/** How a check came out: `warn` costs some of the figures or may be as intended, `fail` keeps the run from its work. */
export type Outcome = 'ok' | 'warn' | 'fail';

/** What to change, exactly, in each of the places that the program may run in. Printable. */
export interface Fix {
  readonly docker: string;
  readonly kubernetes: string;
  readonly host: string;
}

/** One thing that a deployment needs, and what there is of it. All texts are printable, one line each. */
export interface Check {
  readonly name: string;
  readonly outcome: Outcome;
  /** What was found. */
  readonly found: string;
  /** What it costs; null where it is ok, or `found` says it. */
  readonly meaning: string | null;
  /** Null likewise. */
  readonly fix: Fix | null;
}

export function ok(name: string, found: string): Check {
  return { name, outcome: 'ok', found, meaning: null, fix: null };
}

export function warn(name: string, found: string, meaning: string, fix: Fix): Check {
  return { name, outcome: 'warn', found, meaning, fix };
}

export function fail(name: string, found: string, meaning: string, fix: Fix): Check {
  return { name, outcome: 'fail', found, meaning, fix };
}

/** Where the same has to be done everywhere. */
export function everywhere(text: string): Fix {
  return { docker: text, kubernetes: text, host: text };
}
