import type { Condition, Finding, Judgement } from '../../comparison/conditions.ts';
import { differenceText, intervalText, levelText, ratioText } from './figure-text.ts';

/** Makes hostile text harmless in the way of one view. */
export type Quote = (text: string) => string;

const OUTCOMES: Readonly<Record<Finding['outcome'], string>> = {
  regression: 'regression',
  unsure: 'not sure',
  unknown: 'not known',
  ok: 'ok',
};

/** What a condition found of one unit or name: `regression (cpu.avg>+10%): nginx.service …`. */
export function findingSentence({ text }: Condition, finding: Finding, quote: Quote): string {
  const { unit, name, figure, outcome } = finding;
  const what = name === null ? quote(unit) : `${quote(name)} of ${quote(unit)}`;
  return `${OUTCOMES[outcome]} (${quote(text)}): ${what}, ${figureSentence(finding, figure)}`;
}

/** What a condition came to as a whole. */
export function judgementSentence({ condition, findings, judged }: Judgement, quote: Quote): string {
  const text = quote(condition.text);
  if (judged === 0)
    return `nothing answers ${text}: no unit or name that it is of has the figure on both sides`;
  const regressions = findings.filter(({ outcome }) => outcome === 'regression').length;
  if (regressions > 0) return `${text}: found in ${regressions} of ${judged}`;
  return `${text}: not found`;
}

function figureSentence({ outcome }: Finding, figure: Finding['figure']): string {
  if (figure === null) return 'which has no such figure';
  const { metric, before, after, difference, ratio, interval, isComparable } = figure;
  const levels = `${levelText(metric, before?.mean ?? null)} before, ${levelText(metric, after?.mean ?? null)} after`;
  const change = difference === null ? '' : `: ${differenceText(metric, difference)}, ${ratioText(ratio)}`;
  const sure = interval === null ? '' : ` (${intervalText(figure)})`;
  const noise = outcome === 'unsure' ? '; runs scatter as much by themselves, more of them would tell' : '';
  const lengths = isComparable ? '' : '; the runs differ in length, which this figure goes by';
  return `${metric} ${levels}${change}${sure}${noise}${lengths}`;
}
