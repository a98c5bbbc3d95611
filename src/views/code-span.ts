import { cellText } from './format.ts';

/**
 * Hostile text as a Markdown code span, the only context in which GitHub interprets neither HTML, links, images,
 * mentions, issue numbers, emoji nor emphasis. Its fence is longer than any run of backticks in the text.
 */
export function codeSpan(text: string, maxColumns: number): string {
  const shown = cellText(text, maxColumns);
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), (run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  const space = /^`|`$/.test(shown) ? ' ' : '';
  return fence + space + shown + space + fence;
}
