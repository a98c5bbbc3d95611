/** Result of a check. `warn`: some metrics are missing, or the state may be intended. `fail`: a run does not work. */
export type Outcome = 'ok' | 'warn' | 'fail';

/** The exact change for each place in which the program may run. Printable. */
export interface Fix {
  readonly docker: string;
  readonly kubernetes: string;
  readonly host: string;
}

/** One requirement of a deployment, and its state. All texts are printable, one line each. */
export interface Check {
  readonly name: string;
  readonly outcome: Outcome;
  /** What was found. */
  readonly found: string;
  /** The effect on a run; null if the check passed, or if `found` already has it. */
  readonly meaning: string | null;
  /** Null in the same cases. */
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

/** The same fix for every place. */
export function everywhere(text: string): Fix {
  return { docker: text, kubernetes: text, host: text };
}
