import type { Comparison } from '../../comparison/comparison.ts';
import type { Judgement } from '../../comparison/conditions.ts';
import { renderComparisonHtml } from './html.ts';
import { renderComparisonJson } from './json.ts';
import { renderComparisonMarkdown } from './markdown.ts';
import { type ComparisonPlace, renderComparisonTable } from './table.ts';

export type ComparisonForm = 'table' | 'json' | 'markdown' | 'html';

/** A comparison, ending in a line break. Names of units and processes are escaped for the format. */
export function renderComparison(
  comparison: Comparison,
  judgements: readonly Judgement[],
  form: ComparisonForm,
  place: ComparisonPlace,
): string {
  switch (form) {
    case 'table':
      return renderComparisonTable(comparison, judgements, place);
    case 'json':
      return renderComparisonJson(comparison, judgements);
    case 'markdown':
      return renderComparisonMarkdown(comparison, judgements);
    case 'html':
      return renderComparisonHtml(comparison, judgements);
  }
}
