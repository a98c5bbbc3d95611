/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Paragraphs, tables and headings, a blank line between them. */
export function page(blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`;
}
