import { counted } from '../../views/format.ts';
import { wrapText } from '../../views/wrap-text.ts';
import type { Check, Fix, Outcome } from './check.ts';
import { PLACE_LABELS, type Place } from './place.ts';

/** The result of all checks, in the order in which they ran. */
export interface Examination {
  readonly version: string;
  readonly atUnixMillis: number;
  /** The place in which the doctor ran. */
  readonly place: Place;
  readonly checks: readonly Check[];
}

const COLUMNS = 100;

/** The worst result of all checks. */
export function outcomeOf(checks: readonly Check[]): Outcome {
  const has = (outcome: Outcome) => checks.some((check) => check.outcome === outcome);
  return has('fail') ? 'fail' : has('warn') ? 'warn' : 'ok';
}

/** For programs: `unitledger.doctor/1`. */
export function examinationAsJson({ version, atUnixMillis, place, checks }: Examination): string {
  const at = new Date(atUnixMillis).toISOString();
  const document = { schema: 'unitledger.doctor/1', version, at, place, outcome: outcomeOf(checks), checks };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** For people: one line per passed check; effect and fix of the others. The last line counts the checks. */
export function examinationAsTable({ version, place, checks }: Examination): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 8);
  const lines = checks.flatMap(({ name, outcome, found, meaning, fix }) => {
    const head = wrapText(found, COLUMNS - indent.length);
    const rest = [
      ...(meaning === null ? [] : hanging('effect', meaning)),
      ...(fix === null ? [] : fixesOf(fix, place).flatMap(([where, text]) => hanging(where, text))),
    ];
    const [first = '', ...more] = head;
    return [
      `${outcome.padEnd(4)}  ${name.padEnd(width)}  ${first}`,
      ...[...more, ...rest].map((line) => indent + line),
    ];
  });
  const title = `unitledger ${version} doctor, ${PLACE_LABELS[place].where}`;
  return `${[title, '', ...lines, '', totals(checks)].join('\n')}\n`;
}

/** The fix for `place` first. A fix that is the same everywhere is printed once. */
function fixesOf(fix: Fix, place: Place): readonly (readonly [string, string])[] {
  const others = (Object.keys(PLACE_LABELS) as Place[]).filter((each) => each !== place);
  if (others.every((each) => fix[each] === fix[place])) return [['fix', fix[place]]];
  return [place, ...others].map((each) => [PLACE_LABELS[each].short, fix[each]]);
}

function hanging(label: string, text: string): readonly string[] {
  const width = 12;
  const [first = '', ...more] = wrapText(text, COLUMNS - 30);
  return [`${`${label}:`.padEnd(width)}${first}`, ...more.map((line) => ' '.repeat(width) + line)];
}

/** `1 failed, 1 warning, 9 passed` */
function totals(checks: readonly Check[]): string {
  const count = (outcome: Outcome) => checks.filter((check) => check.outcome === outcome).length;
  return `${count('fail')} failed, ${counted(count('warn'), 'warning')}, ${count('ok')} passed`;
}
