import { cellText } from './format.ts';

/**
 * Hostile text as a code span of Markdown, the one place where GitHub takes nothing for HTML, a link, an image, a
 * mention, an issue number, an emoji or emphasis. Its fence is longer than any run of backticks within.
 */
export function codeSpan(text: string, maxColumns: number): string {
  const shown = cellText(text, maxColumns);
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), (run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  const space = /^`|`$/.test(shown) ? ' ' : '';
  return fence + space + shown + space + fence;
}
