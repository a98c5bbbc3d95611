/** Terminals are at least this wide. */
const COLUMNS = 80;

/** `text` in lines of at most 80 columns, each behind `indent` spaces; nothing for an empty one. */
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
