import stringWidth from 'string-width';

/** `text` in lines of at most this many columns; a longer word has its own line. */
export function wrapText(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let width = 0;
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const wordWidth = stringWidth(word);
    if (lines.length > 0 && width + 1 + wordWidth <= columns) {
      lines[lines.length - 1] += ` ${word}`;
      width += 1 + wordWidth;
    } else {
      lines.push(word);
      width = wordWidth;
    }
  }
  return lines;
}
