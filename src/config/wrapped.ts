/** Minimum width of terminals. */
const COLUMNS = 80;

/** Wraps `text` at 80 columns, each line indented by `indent` spaces; empty for an empty text. */
export function wrapped(text: string, indent = 0): string {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(' '.repeat(indent) + word);
  }
  return lines.map((line) => `${line}\n`).join('');
}
