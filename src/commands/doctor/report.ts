import { wrapText } from '../../views/wrap-text.ts';
import type { Check, Outcome } from './check.ts';

/** What was found, in the order in which it was looked for. */
export interface Examination {
  readonly version: string;
  readonly atUnixMillis: number;
  readonly checks: readonly Check[];
}

const COLUMNS = 100;

/** The worst of all. */
export function outcomeOf(checks: readonly Check[]): Outcome {
  const has = (outcome: Outcome) => checks.some((check) => check.outcome === outcome);
  return has('fail') ? 'fail' : has('warn') ? 'warn' : 'ok';
}

/** For programs: `unitledger.doctor/1`. */
export function examinationAsJson({ version, atUnixMillis, checks }: Examination): string {
  const at = new Date(atUnixMillis).toISOString();
  const document = { schema: 'unitledger.doctor/1', version, at, outcome: outcomeOf(checks), checks };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** For people: a line for what is well, and with all else what it costs and how to put it right. */
export function examinationAsTable({ version, checks }: Examination): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 8);
  const lines = checks.flatMap(({ name, outcome, found, meaning, fix }) => {
    const head = wrapText(found, COLUMNS - indent.length);
    const rest = [
      ...(meaning === null ? [] : hanging('costs', meaning)),
      ...(fix === null ? [] : fixesOf(fix).flatMap(([where, text]) => hanging(where, text))),
    ];
    const [first = '', ...more] = head;
    return [
      `${outcome.padEnd(4)}  ${name.padEnd(width)}  ${first}`,
      ...[...more, ...rest].map((line) => indent + line),
    ];
  });
  return `${[`unitledger ${version}: ${totals(checks)}`, '', ...lines].join('\n')}\n`;
}

/** The same fix is told once. */
function fixesOf({
  docker,
  kubernetes,
  host,
}: NonNullable<Check['fix']>): readonly (readonly [string, string])[] {
  if (docker === host && kubernetes === host) return [['fix', host]];
  return [
    ['Docker', docker],
    ['Kubernetes', kubernetes],
    ['host', host],
  ];
}

function hanging(label: string, text: string): readonly string[] {
  const width = 12;
  const [first = '', ...more] = wrapText(text, COLUMNS - 30);
  return [`${`${label}:`.padEnd(width)}${first}`, ...more.map((line) => ' '.repeat(width) + line)];
}

function totals(checks: readonly Check[]): string {
  const count = (outcome: Outcome) => checks.filter((check) => check.outcome === outcome).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed + warned === 0) return `all ${checks.length} checks are well`;
  const parts = [
    ...(failed > 0 ? [`${failed} of ${checks.length} checks failed`] : []),
    ...(warned > 0 ? [`${warned} ${failed > 0 ? '' : `of ${checks.length} checks `}to look at`] : []),
  ];
  return parts.join(', ');
}
