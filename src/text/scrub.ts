/** Names of arguments and variables whose values are secrets. */
const SECRET_NAME =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|auth)$/i;
const ASSIGNMENT = /^(-{0,2}[A-Za-z0-9_.-]+)=(.*)$/su;
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/giu;
const MASK = '***';

/**
 * A command line for people, with what looks like a secret masked: values of `--password=…`, `--token …`,
 * `API_KEY=…`, and passwords inside URLs. A secret without a telling name passes: command lines are shown only on
 * request.
 */
export function scrubCommandLine(argv: readonly string[]): string {
  const shown: string[] = [];
  let maskNext = false;
  for (const argument of argv) {
    const assignment = ASSIGNMENT.exec(argument);
    if (maskNext && !argument.startsWith('-')) shown.push(MASK);
    else if (assignment && SECRET_NAME.test(assignment[1]!)) shown.push(`${assignment[1]}=${MASK}`);
    else shown.push(argument.replace(URL_PASSWORD, `$1:${MASK}@`));
    maskNext = argument.startsWith('-') && !assignment && SECRET_NAME.test(argument);
  }
  return shown.join(' ');
}
