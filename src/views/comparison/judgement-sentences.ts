import type { Condition, Finding, Judgement } from '../../comparison/conditions.ts';
import { differenceText, intervalText, levelText, ratioText, UNCONFIRMED } from './figure-text.ts';

/** Escapes hostile text for one view. */
export type Quote = (text: string) => string;

const OUTCOMES: Readonly<Record<Finding['outcome'], string>> = {
  regression: 'regression',
  unsure: 'not sure',
  unknown: 'not known',
  ok: 'ok',
};

/** The result of a condition for one unit or name: `regression (cpu.avg>+10%): nginx.service …`. */
export function findingSentence({ text }: Condition, finding: Finding, quote: Quote): string {
  const { unit, name, figure, outcome } = finding;
  const what = name === null ? quote(unit) : `${quote(name)} of ${quote(unit)}`;
  return `${OUTCOMES[outcome]} (${quote(text)}): ${what}, ${figureSentence(finding, figure)}`;
}

/** The result of a condition as a whole. */
export function judgementSentence({ condition, findings, judged }: Judgement, quote: Quote): string {
  const text = quote(condition.text);
  if (judged === 0) return `cannot evaluate ${text}: no matching unit or name has this metric on both sides`;
  const regressions = findings.filter(({ outcome }) => outcome === 'regression').length;
  if (regressions > 0) return `${text}: met in ${regressions} of ${judged}`;
  return `${text}: not met`;
}

function figureSentence({ outcome }: Finding, figure: Finding['figure']): string {
  if (figure === null) return 'without this metric';
  const { metric, before, after, difference, ratio, interval, isComparable } = figure;
  const levels = `${levelText(metric, before?.mean ?? null)} before, ${levelText(metric, after?.mean ?? null)} after`;
  const change = difference === null ? '' : `: ${differenceText(metric, difference)}, ${ratioText(ratio)}`;
  const doubt = difference === null || difference === 0 ? '' : `, ${UNCONFIRMED}`;
  const sure = interval === null ? doubt : ` (${intervalText(figure)})`;
  const noise = outcome === 'unsure' ? '; within run-to-run noise: add more runs' : '';
  const lengths = isComparable ? '' : '; the runs differ in length, and this metric depends on it';
  return `${metric} ${levels}${change}${sure}${noise}${lengths}`;
}
