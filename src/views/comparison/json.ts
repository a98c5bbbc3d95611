import type { ComparedFigure } from '../../comparison/compared-figures.ts';
import type { ComparedRun } from '../../comparison/compared-run.ts';
import type { Comparison } from '../../comparison/comparison.ts';
import type { Finding, Judgement } from '../../comparison/conditions.ts';
import type { Interval, Series } from '../../comparison/difference.ts';
import { METRICS } from '../../comparison/metrics.ts';
import { printableJson } from '../../text/printable.ts';

/** The comparison document (`docs/comparison.schema.json`), with unrounded numbers and unchanged names. */
export function renderComparisonJson(comparison: Comparison, judgements: readonly Judgement[]): string {
  const { confidence, lengthsDiffer, remarks, units } = comparison;
  const document = {
    schema: 'unitledger.comparison/1',
    confidence,
    before: comparison.before.map(runJson),
    after: comparison.after.map(runJson),
    lengthsDiffer,
    remarks,
    conditions: judgements.map(judgementJson),
    units: units.map(({ unit, presence, isFinished, figures, names }) => ({
      unit,
      presence,
      finished: isFinished,
      figures: figures.map(figureJson),
      names: names.map((each) => ({
        name: each.name,
        presence: each.presence,
        figures: each.figures.map(figureJson),
      })),
    })),
  };
  return `${printableJson(document, 2)}\n`;
}

function runJson({ file, startedAt, endedAt, seconds, intervalSeconds, samples, missing }: ComparedRun) {
  return { file, startedAt, endedAt, seconds, intervalSeconds, samples, missing };
}

function judgementJson({ condition, findings, judged }: Judgement) {
  return { condition: condition.text, judged, findings: findings.map(findingJson) };
}

function findingJson({ unit, name, figure, outcome }: Finding) {
  return { unit, name, outcome, figure: figure === null ? null : figureJson(figure) };
}

function figureJson(figure: ComparedFigure) {
  const { metric, before, after, difference, ratio, interval, verdict, isComparable } = figure;
  return {
    metric,
    counted: METRICS[metric].dimension,
    before: seriesJson(before),
    after: seriesJson(after),
    difference,
    ratio,
    interval: interval === null ? null : intervalJson(interval),
    verdict,
    comparable: isComparable,
  };
}

function seriesJson(series: Series | null) {
  if (series === null) return null;
  const { mean, min, max, values } = series;
  return { mean, min, max, values };
}

function intervalJson({ low, high }: Interval) {
  return { low, high };
}
